namespace Dispatch.Tests;

/// <summary>The graceful end of a dispatcher.</summary>
public sealed class DrainTests
{
    [Fact]
    public async Task Work_in_flight_may_finish()
    {
        Dispatcher dispatcher = Create();
        EventLoop loop = dispatcher.Loops[0];
        using TestPipe pipe = new();
        Task<Completion> poll = loop.CompleteAsync(IoRequest.Poll(pipe.ReadEnd, PollEvents.Readable)).AsTask();
        await loop.InvokeAsync(() => { });
        Task<DrainReport> drain = dispatcher.DrainAsync(OnLoop.Guard);
        OnLoop.Await(() => dispatcher.Stopping.IsCancellationRequested, "Stopping");
        Assert.False(poll.IsCompleted);
        pipe.Write(1);
        DrainReport report = await drain;

        Assert.Equal((long)PollEvents.Readable, (await poll).Result);
        Assert.True(report.FinishedInTime);
        Assert.Equal(0, report.Cancelled);
        Assert.Empty(report.Unfinished);
        await dispatcher.Completed.WaitAsync(OnLoop.Guard);
    }

    [Fact]
    public async Task What_has_not_finished_at_the_deadline_is_cancelled_and_counted()
    {
        Dispatcher dispatcher = Create();
        using TestPipe pipe = new();
        Task<Completion>[] polls = [.. dispatcher.Loops.Select(l => l.CompleteAsync(IoRequest.Poll(pipe.ReadEnd, PollEvents.Readable)).AsTask())];
        foreach (EventLoop loop in dispatcher.Loops)
        {
            await loop.InvokeAsync(() => { });
        }

        DrainReport report = await dispatcher.DrainAsync(TimeSpan.FromMilliseconds(20));
        Assert.False(report.FinishedInTime);
        Assert.Equal(2, report.Cancelled);
        Assert.Empty(report.Unfinished);
        Assert.All(await Task.WhenAll(polls), c => Assert.Equal(-Errno.ECANCELED, c.Result));
    }

    [Fact]
    public async Task A_loop_whose_thread_is_blocked_is_named()
    {
        Dispatcher dispatcher = Create();
        dispatcher.Loops[1].Life.Grace = TimeSpan.FromMilliseconds(10);
        using ManualResetEventSlim hold = new();
        using ManualResetEventSlim blocked = new();
        dispatcher.Loops[1].Post(() =>
        {
            blocked.Set();
            hold.Wait();
        });
        blocked.Wait();
        DrainReport report = await dispatcher.DrainAsync(TimeSpan.Zero);
        Assert.Contains(dispatcher.Loops[1].Name, Assert.Single(report.Unfinished), StringComparison.Ordinal);
        Assert.True(dispatcher.Loops[0].Completed.IsCompletedSuccessfully);
        hold.Set();
        await dispatcher.Completed.WaitAsync(OnLoop.Guard);
    }

    [Fact]
    public async Task Draining_twice_is_one_drain_and_disposing_waits_for_it()
    {
        Dispatcher dispatcher = Create();
        Task<DrainReport> first = dispatcher.DrainAsync(TimeSpan.FromSeconds(1));
        Assert.Same(first, dispatcher.DrainAsync(TimeSpan.Zero));
        await dispatcher.DisposeAsync();
        Assert.True(first.IsCompletedSuccessfully);
        await dispatcher.DisposeAsync();
    }

    [Fact]
    public async Task A_dispatcher_may_be_disposed_from_one_of_its_loops()
    {
        Dispatcher dispatcher = Create();
        TaskCompletionSource done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        dispatcher.Loops[0].Post(Dispose);
        await done.Task.WaitAsync(OnLoop.Guard);
        await dispatcher.Completed.WaitAsync(OnLoop.Guard);

        async void Dispose()
        {
            await dispatcher.DisposeAsync();
            done.SetResult();
        }
    }

    [Fact]
    public async Task A_callback_on_Stopping_that_throws_goes_to_the_policy_and_the_drain_goes_on()
    {
        List<Exception> faults = [];
        Dispatcher dispatcher = Create(fault =>
        {
            faults.Add(fault.Exception);
            return UnhandledExceptionAction.Continue;
        });
        dispatcher.Stopping.Register(() => throw new InvalidTimeZoneException());
        DrainReport report = await dispatcher.DrainAsync(OnLoop.Guard).WaitAsync(OnLoop.Guard);
        Assert.True(report.FinishedInTime);
        Assert.All(dispatcher.Loops, l => Assert.True(l.Completed.IsCompletedSuccessfully));
        Assert.IsType<InvalidTimeZoneException>(Assert.IsType<AggregateException>(Assert.Single(faults)).InnerException);
    }

    [Fact]
    public async Task Draining_gives_every_descriptor_back()
    {
        await Create().DisposeAsync();
        int descriptors = OpenDescriptors.Count();
        for (int i = 0; i < 10; i++)
        {
            await Create().DisposeAsync();
        }

        Assert.Equal(descriptors, OpenDescriptors.Count());
    }

    private static Dispatcher Create(Func<LoopFault, UnhandledExceptionAction>? policy = null) => Dispatcher.Create(new DispatcherOptions
    {
        Kernel = TestKernel.Kind,
        LoopCount = 2,
        SubmissionEntries = 64,
        CompletionEntries = 256,
        UnhandledException = policy,
    });
}
