using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;

namespace Dispatch.Tests.Diagnostics;

/// <summary>Turns that take too long are reported, each by the code that does it.</summary>
public sealed class StallTests : IAsyncDisposable
{
    private static readonly TimeSpan Threshold = TimeSpan.FromMilliseconds(50);

    private readonly ConcurrentQueue<LoopStall> stalls = new();
    private readonly ManualResetEventSlim release = new();
    private readonly Dispatcher dispatcher;
    private readonly EventLoop loop;

    public StallTests()
    {
        dispatcher = Dispatcher.Create(Options());
        loop = dispatcher.Loops[0];
    }

    [Fact]
    public async Task A_turn_that_blocks_is_reported_once_while_it_goes_on_and_once_when_it_has_ended()
    {
        Task blocked = loop.InvokeAsync(() => Block(release));
        LoopStall first = await BlockedAsync();
        Assert.Same(loop, first.Loop);
        Assert.Equal(("posted", 1), (first.Kind, first.Callbacks));
        Assert.Equal($"{nameof(StallTests)}.{nameof(A_turn_that_blocks_is_reported_once_while_it_goes_on_and_once_when_it_has_ended)}", first.Callback);
        Assert.True(first.Elapsed >= Threshold);
        Assert.Same(first, dispatcher.RecentStalls[0]);

        // The watchdog looks ten times more, and has nothing to add.
        OnLoop.Await(() => DateTimeOffset.UtcNow - first.Began >= first.Elapsed + (Threshold * 5), "Time");
        Assert.Same(first, stalls.Last());

        release.Set();
        await blocked;
        LoopStall last = await UntilAsync(s => s.HasEnded && s.Began == first.Began);
        Assert.True(last.Elapsed >= first.Elapsed + (Threshold * 5));
        Assert.Equal((first.Callback, first.WaitsAt), (last.Callback, last.WaitsAt));
        Assert.Equal(2, stalls.Count(s => s.Began == first.Began));
        Assert.Single(dispatcher.RecentStalls, s => s.Began == first.Began);
        Assert.Equal(stalls.Select(s => s.Began).Distinct().Count(), loop.Statistics.Stalls);
        string text = last.ToString();
        Assert.Contains(loop.Name, text, StringComparison.Ordinal);
        Assert.Contains(last.Callback!, text, StringComparison.Ordinal);
        Assert.Contains(nameof(Block), text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("request", "nop")]
    [InlineData("own code between", "statx")]
    [InlineData("delay", "timer")]
    [InlineData("task", "posted")]
    [InlineData("context-free", "nop")]
    [InlineData("as a task", "posted")]
    [InlineData("switch", "posted")]
    [InlineData("worker", "getrandom")]
    [InlineData("loop clock", "timer")]
    public async Task The_async_method_that_continues_is_named_and_what_it_awaited(string awaited, string kind)
    {
        Task handled = awaited == "switch" ? HandleAsync(awaited) : loop.InvokeAsync(() => HandleAsync(awaited));
        LoopStall stall = await UntilAsync(s => !s.HasEnded && s.Callback?.EndsWith(nameof(HandleAsync), StringComparison.Ordinal) == true);
        release.Set();
        await handled;
        Assert.Equal((kind, $"{nameof(StallTests)}.{nameof(HandleAsync)}"), (stall.Kind, stall.Callback));
    }

    [Fact]
    public async Task The_handler_of_a_connection_is_named_although_it_awaits_through_a_stream()
    {
        await using Server server = dispatcher.Serve(new IPEndPoint(IPAddress.Loopback, 0), ServeAsync);
        Task client = loop.InvokeAsync(async () =>
        {
            await using Connection connection = await Connection.ConnectAsync(server.LocalEndPoint);
            await connection.SendAsync(new byte[1]);
        });
        LoopStall stall = await BlockedAsync();
        release.Set();
        await client;
        Assert.Equal($"{nameof(StallTests)}.{nameof(ServeAsync)}", stall.Callback);
    }

    [Fact]
    public async Task An_observer_is_named_by_its_type()
    {
        using TestPipe pipe = new();
        using IDisposable subscription = loop.Observe(IoRequest.PollMultishot(pipe.ReadEnd, PollEvents.Readable)).Subscribe(new SlowObserver(release));
        pipe.Write(1);
        LoopStall stall = await BlockedAsync();
        release.Set();
        Assert.Equal($"{nameof(StallTests)}.{nameof(SlowObserver)}", stall.Callback);
    }

    [Fact]
    public async Task Code_that_computes_is_running_and_waits_for_nothing()
    {
        Task spinning = loop.InvokeAsync(() =>
        {
            while (!release.IsSet)
            {
                Thread.SpinWait(100);
            }
        });
        LoopStall stall = await UntilAsync(s => !s.HasEnded && s.Callback?.EndsWith(nameof(Code_that_computes_is_running_and_waits_for_nothing), StringComparison.Ordinal) == true);
        release.Set();
        await spinning;
        Assert.Null(stall.WaitsAt);
        Assert.StartsWith("running", stall.KernelState, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Code_in_a_blocking_system_call_is_asleep()
    {
        using TestPipe pipe = new();
        Task reading = loop.InvokeAsync(() => pipe.Drain(1));
        LoopStall stall = await UntilAsync(s => !s.HasEnded && s.Callback?.EndsWith(nameof(Code_in_a_blocking_system_call_is_asleep), StringComparison.Ordinal) == true);
        pipe.Write(1);
        await reading;
        Assert.Null(stall.WaitsAt);
        Assert.StartsWith("asleep", stall.KernelState, StringComparison.Ordinal);
        if (File.Exists("/proc/self/syscall") && CanRead($"/proc/self/task/{Environment.ProcessId}/syscall"))
        {
            Assert.Contains("in read", stall.KernelState, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_loop_that_sleeps_is_not_held_up()
    {
        OnLoop.Await(() => loop.Statistics.State == LoopState.Parked, "Sleep");
        DateTimeOffset asleep = DateTimeOffset.UtcNow;
        TimeSpan before = loop.Statistics.ParkedTime;
        OnLoop.Await(() => loop.Statistics.ParkedTime > before + (Threshold * 10), "More sleep");
        Assert.DoesNotContain(dispatcher.RecentStalls, s => s.Began > asleep);
    }

    [Fact]
    public async Task Many_callbacks_that_take_long_together_are_one_stall_that_says_how_many()
    {
        await loop.InvokeAsync(async () =>
        {
            List<Task> all = [.. Enumerable.Range(0, 30).Select(_ => SomewhatAsync())];
            await Task.WhenAll(all);
        });
        Assert.True((await UntilAsync(s => s.HasEnded && s.Callbacks >= 30)).Elapsed >= Threshold);

        async Task SomewhatAsync()
        {
            await loop.ExecuteAsync(IoRequest.Nop());
            Spin(Threshold / 10);
        }
    }

    [Fact]
    public void A_turn_that_was_too_long_is_told_at_its_end_though_nobody_looked_at_it()
    {
        TurnWatch watch = new(Threshold);
        watch.BeginTurn();
        watch.Note(TurnCallback.Timer, null, null);
        watch.EndTurn();
        Assert.Empty(watch.Ended);
        watch.BeginTurn();
        watch.Note(TurnCallback.Posted, (Action)A_turn_that_was_too_long_is_told_at_its_end_though_nobody_looked_at_it, null);
        Spin(Threshold);
        watch.EndTurn();
        Assert.Null(watch.ReadLong(Stopwatch.GetTimestamp()));
        EndedTurn ended = Assert.Single(watch.Ended);
        Assert.Equal((2, 1, TurnCallback.Posted), (ended.Number, ended.Callbacks, ended.Last.Kind));
        Assert.True(ended.Ended - ended.Began >= Threshold.TotalNanoseconds);
    }

    [Fact]
    public async Task A_dispatcher_ends_although_a_loop_of_it_is_held_up_and_the_watchdog_ends_with_the_loop()
    {
        loop.Life.Grace = TimeSpan.Zero;
        loop.Post(() => Block(release));
        LoopStall first = await BlockedAsync();
        DrainReport report = await dispatcher.DrainAsync(TimeSpan.Zero);
        Assert.Contains(report.Unfinished, u => u.Contains("does not answer", StringComparison.Ordinal));
        Assert.True(dispatcher.Watchdog!.Thread.IsAlive);
        release.Set();
        _ = await UntilAsync(s => s.HasEnded && s.Began == first.Began);
        Assert.True(dispatcher.Watchdog.Thread.Join(OnLoop.Guard));
    }

    [Fact]
    public async Task A_handler_of_stalls_that_throws_is_the_policys_business()
    {
        ConcurrentQueue<Exception> faults = new();
        DispatcherOptions options = Options();
        options.StallDetected = _ => throw new InvalidDataException("from the handler");
        options.UnhandledException = fault =>
        {
            faults.Enqueue(fault.Exception);
            return UnhandledExceptionAction.Continue;
        };
        await using Dispatcher other = Dispatcher.Create(options);
        await other.Loops[0].InvokeAsync(() => Spin(Threshold * 2));
        OnLoop.Await(() => !faults.IsEmpty, "The exception");
        Assert.IsType<InvalidDataException>(faults.First());
    }

    [Fact]
    public void A_loop_that_its_user_polls_is_watched_too()
    {
        ConcurrentQueue<LoopStall> told = new();
        EventLoopOptions options = OnLoop.Small;
        options.StallThreshold = Threshold;
        options.StallDetected = told.Enqueue;
        OnLoop.Poll(
            attached =>
            {
                attached.Post(() => OnLoop.Await(() => !told.IsEmpty, "The report"));
                OnLoop.Until(attached, () => !told.IsEmpty);
                OnLoop.Await(() => told.Any(s => s.HasEnded), "The end's report");
                Assert.All(told, s => Assert.Same(attached, s.Loop));
                Assert.Equal(told.Last(s => s.HasEnded), attached.RecentStalls[0]);
                Assert.Equal($"{nameof(StallTests)}.{nameof(A_loop_that_its_user_polls_is_watched_too)}", told.First().Callback);
            },
            options);
        Assert.Empty(loop.RecentStalls);
    }

    [Fact]
    public void A_threshold_that_makes_no_sense_is_refused_by_its_name()
    {
        DispatcherOptions options = Options();
        options.StallThreshold = TimeSpan.Zero;
        Assert.Contains(nameof(DispatcherOptions.StallThreshold), Assert.Throws<ArgumentOutOfRangeException>(() => Dispatcher.Create(options)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wait_that_is_watched_waits_as_long_as_any_other_and_gets_what_it_waited_for() => await loop.InvokeAsync(() =>
    {
        TimeSpan beyondPatience = Threshold * 3;
        using ManualResetEvent never = new(false);
        long start = Stopwatch.GetTimestamp();
        Assert.False(never.WaitOne(beyondPatience));
        Assert.True(Stopwatch.GetElapsedTime(start) >= beyondPatience - TimeSpan.FromMilliseconds(2)); // Timeouts are whole milliseconds.
        Assert.False(never.WaitOne(1));
        Assert.False(never.WaitOne(0));

        using AutoResetEvent later = new(false);
        using Timer timer = new(_ => later.Set(), null, beyondPatience, Timeout.InfiniteTimeSpan);
        Assert.Equal(1, WaitHandle.WaitAny([never, later], OnLoop.Guard));
        Assert.False(later.WaitOne(0)); // It was taken once.
    });

    public async ValueTask DisposeAsync()
    {
        release.Set();
        await dispatcher.DisposeAsync();
    }

    private static void Block(ManualResetEventSlim until) => until.Wait(OnLoop.Guard);

    private static void Spin(TimeSpan time)
    {
        long start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start) < time)
        {
            Thread.SpinWait(100);
        }
    }

    private static bool CanRead(string path)
    {
        try
        {
            return File.ReadAllText(path).Length != 0;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private DispatcherOptions Options() => new()
    {
        Kernel = TestKernel.Kind,
        LoopCount = 1,
        MeasureLatency = true,
        StallThreshold = Threshold,
        StallDetected = stalls.Enqueue,
        Name = "stalled",
    };

    private async Task HandleAsync(string awaited)
    {
        switch (awaited)
        {
            case "request":
                await loop.ExecuteAsync(IoRequest.Nop());
                break;
            case "own code between":
                await using (DispatchFile file = await DispatchFile.OpenAsync(Environment.ProcessPath!))
                {
                    _ = await file.GetStatusAsync();
                    Block(release);
                }

                break;
            case "delay":
                await loop.DelayAsync(TimeSpan.FromMilliseconds(1));
                break;
            case "task":
                await Task.Delay(1);
                break;
            case "context-free":
                await loop.ExecuteAsync(IoRequest.Nop()).ConfigureAwait(false);
                break;
            case "as a task":
                await loop.ExecuteAsync(IoRequest.Nop()).AsTask();
                break;
            case "switch":
                await loop.SwitchTo();
                break;
            case "worker":
                await loop.ExecuteAsync(IoRequest.GetRandom(new byte[8]));
                break;
            default:
                await Task.Delay(TimeSpan.FromMilliseconds(1), loop.TimeProvider);
                break;
        }

        Block(release);
    }

    private async Task ServeAsync(Connection connection, CancellationToken token)
    {
        await using Stream stream = connection.AsStream();
        await stream.ReadExactlyAsync(new byte[1], token);
        Block(release);
    }

    /// <summary>The stall that the test makes; a slow machine may make others.</summary>
    private Task<LoopStall> BlockedAsync() => UntilAsync(s => !s.HasEnded && s.WaitsAt?.Contains(nameof(Block), StringComparison.Ordinal) == true);

    private Task<LoopStall> UntilAsync(Func<LoopStall, bool> which)
    {
        OnLoop.Await(() => stalls.Any(which), "A report");
        return Task.FromResult(stalls.First(which));
    }

    private sealed class SlowObserver(ManualResetEventSlim release) : IObserver<Completion>
    {
        public void OnCompleted()
        {
        }

        public void OnError(Exception error)
        {
        }

        public void OnNext(Completion value) => Block(release);
    }
}
