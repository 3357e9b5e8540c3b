using System.Buffers.Binary;
using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Dispatch.Tests.Diagnostics;

/// <summary>Where the time of requests goes. Every duration here is a lower bound that the test itself spends, never a hope for speed.</summary>
public sealed class LatencyTests
{
    private const long Spent = 20_000_000;

    private static EventLoopOptions Measuring => new() { Kernel = TestKernel.Kind, SubmissionEntries = 64, CompletionEntries = 256, MeasureLatency = true };

    [Fact]
    public void Every_awaited_request_counts_once_by_the_name_of_its_call() => OnLoop.Run(
        async loop =>
        {
            for (int i = 0; i < 100; i++)
            {
                await loop.ExecuteAsync(IoRequest.Nop());
            }

            RequestLatency nop = Of(loop, "nop");
            Assert.Equal((100, 100, false), (nop.Queued.Count, nop.InKernel.Count, nop.IsWorkerCall));
            Assert.Equal(99, nop.InCallback.Count); // This code is the last one's.
        },
        Measuring);

    [Fact]
    public void The_time_of_a_callback_is_the_callbacks() => OnLoop.Run(
        async loop =>
        {
            await loop.ExecuteAsync(IoRequest.Nop());
            Spend();
            await loop.ExecuteAsync(IoRequest.Nop());
            RequestLatency nop = Of(loop, "nop");
            Assert.True(nop.InCallback.MaxNanoseconds >= Spent);
            Assert.InRange(nop.InCallback.PercentileNanoseconds(100), Spent, nop.InCallback.MaxNanoseconds);
        },
        Measuring);

    [Fact]
    public void The_time_before_the_enter_is_queued_time() => OnLoop.Run(
        async loop =>
        {
            ValueTask<int> staged = loop.ExecuteAsync(IoRequest.Nop());
            Spend();
            await staged;
            Assert.True(Of(loop, "nop").Queued.MaxNanoseconds >= Spent);
        },
        Measuring);

    [Fact]
    public void A_timeout_spends_its_time_in_the_kernel() => OnLoop.Run(
        async loop =>
        {
            await loop.CompleteAsync(IoRequest.Timeout(TimeSpan.FromMilliseconds(20)));
            RequestLatency timeout = Of(loop, "timeout");
            Assert.InRange(timeout.InKernel.MaxNanoseconds, 20_000_000, long.MaxValue);
            Assert.Equal(1, timeout.InKernel.Count);
        },
        Measuring);

    [Fact]
    public void A_completion_behind_a_slow_callback_is_handed_over_late() => OnLoop.Run(
        async loop =>
        {
            List<Task> both = [Slow(loop), Slow(loop)];
            await Task.WhenAll(both);
            Assert.True(loop.Latency.Lag.MaxNanoseconds >= Spent);
            Assert.True(loop.Latency.Turns.Count > 0);

            static async Task Slow(EventLoop loop)
            {
                await loop.ExecuteAsync(IoRequest.Nop());
                Spend();
            }
        },
        Measuring);

    [Fact]
    public void A_request_with_many_completions_is_one_request_with_many_callbacks() => OnLoop.Poll(
        loop =>
        {
            using TestPipe pipe = new();
            Recorder seen = new();
            using IDisposable subscription = loop.Observe(IoRequest.PollMultishot(pipe.ReadEnd, PollEvents.Readable)).Subscribe(seen);
            for (int i = 1; i <= 3; i++)
            {
                pipe.Write(1);
                int wanted = i;
                OnLoop.Until(loop, () => seen.Items.Count >= wanted);
            }

            RequestLatency poll = Assert.Single(loop.Latency.Requests, r => r.InCallback.Count >= 3);
            Assert.Equal((1, 1), (poll.Queued.Count, poll.InKernel.Count));
        },
        Measuring);

    [Fact]
    public void A_workers_call_counts_from_its_beginning_to_its_end_on_the_worker() => OnLoop.Run(
        async loop =>
        {
            byte[] time = new byte[16];
            BinaryPrimitives.WriteInt64LittleEndian(time.AsSpan(8), Spent);
            await loop.ExecuteAsync(IoRequest.Syscall(Numbers.Of("nanosleep"), time.AsMemory(), 0));
            await loop.ExecuteAsync(IoRequest.Nop());
            RequestLatency call = Of(loop, "nanosleep");
            Assert.True(call.IsWorkerCall);
            Assert.Equal((1, 1, 1), (call.Queued.Count, call.InKernel.Count, call.InCallback.Count));
            Assert.True(call.InKernel.MaxNanoseconds >= Spent);
        },
        Measuring);

    [Fact]
    public void Raw_requests_count_and_keep_their_tags() => OnLoop.Poll(
        loop =>
        {
            for (ulong tag = 1; tag <= 100; tag++)
            {
                loop.Submit(IoRequest.Nop(), tag);
            }

            HashSet<ulong> tags = [];
            for (int i = 0; i < 100; i++)
            {
                Assert.True(tags.Add(OnLoop.Take(loop).Tag));
            }

            RequestLatency nop = Of(loop, "nop");
            Assert.Equal((100, 100, 0), (nop.Queued.Count, nop.InKernel.Count, nop.InCallback.Count));
        },
        Measuring);

    [Fact]
    public void A_loop_that_is_not_asked_to_measure_has_nothing_to_tell() => OnLoop.Run(async loop =>
    {
        await loop.ExecuteAsync(IoRequest.Nop());
        Assert.Same(LoopLatency.Empty, loop.Latency);
        Assert.Equal((TimeSpan.Zero, TimeSpan.Zero), (loop.Statistics.ParkedTime, loop.Statistics.TurnTime));
    });

    [Fact]
    public void Measuring_allocates_nothing() => OnLoop.Run(
        async loop =>
        {
            await Work(10_000);
            long before = GC.GetAllocatedBytesForCurrentThread();
            await Work(100_000);
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1_000); // Work's own state machine, once.

            async Task Work(int count)
            {
                for (int i = 0; i < count; i++)
                {
                    await loop.ExecuteAsync(IoRequest.Nop());
                }
            }
        },
        Measuring);

    [Fact]
    public void Whoever_listens_to_the_meter_gets_every_duration_with_loop_and_call()
    {
        List<(string Instrument, double Seconds, string Loop, string? Call)> seen = [];
        using MeterListener listener = new()
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (instrument.Meter.Name == LoopMeter.Name && instrument is Histogram<double>)
                {
                    Assert.Equal("s", instrument.Unit);
                    self.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) =>
        {
            lock (seen)
            {
                seen.Add((instrument.Name, value, (string)tags[0].Value!, tags.Length > 1 ? (string)tags[1].Value! : null));
            }
        });
        listener.Start();
        EventLoopOptions options = Measuring;
        options.Name = "listened-to";
        OnLoop.Run(
            async loop =>
            {
                await loop.ExecuteAsync(IoRequest.Nop());
                Spend();
                await loop.ExecuteAsync(IoRequest.Nop());
            },
            options);
        lock (seen)
        {
            seen.RemoveAll(s => s.Loop != "listened-to");
            Assert.Equal(2, seen.Count(s => s is { Instrument: "dispatch.request.queue.duration", Call: "nop" }));
            Assert.Equal(2, seen.Count(s => s is { Instrument: "dispatch.request.kernel.duration", Call: "nop" }));
            Assert.Contains(seen, s => s is { Instrument: "dispatch.request.callback.duration", Call: "nop", Seconds: >= 0.02 and < 60 });
            Assert.Contains(seen, s => s is { Instrument: "dispatch.loop.turn.duration", Seconds: >= 0.02 });
            Assert.Contains(seen, s => s.Instrument == "dispatch.loop.lag");
        }
    }

    [Fact]
    public async Task A_loop_that_sleeps_spends_its_time_parked()
    {
        await using Dispatcher dispatcher = Dispatcher.Create(new DispatcherOptions { Kernel = TestKernel.Kind, LoopCount = 1, MeasureLatency = true });
        EventLoop loop = dispatcher.Loops[0];
        OnLoop.Await(() => loop.Statistics.State == LoopState.Parked, "The loop's sleep");
        long start = Stopwatch.GetTimestamp(); // Before the first look: whatever is slept after that is within the time that has passed since.
        LoopStatistics before = loop.Statistics;
        OnLoop.Await(() => loop.Statistics.ParkedTime - before.ParkedTime >= TimeSpan.FromMilliseconds(10), "Ten milliseconds of sleep");
        Assert.InRange(loop.Statistics.ParkedTime - before.ParkedTime, TimeSpan.Zero, Stopwatch.GetElapsedTime(start) + TimeSpan.FromTicks(1));
        await loop.InvokeAsync(Spend);
        OnLoop.Await(() => loop.Statistics.TurnTime - before.TurnTime >= TimeSpan.FromMilliseconds(20), "The turn's end"); // The call is over before its turn is.
        Assert.True(loop.Latency.Lag.Count > 0); // The wake-up.
    }

    private static RequestLatency Of(EventLoop loop, string call) => Assert.Single(loop.Latency.Requests, r => r.Call == call);

    private static void Spend()
    {
        long start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetTimestamp() - start < Spent)
        {
            Thread.SpinWait(100);
        }
    }
}
