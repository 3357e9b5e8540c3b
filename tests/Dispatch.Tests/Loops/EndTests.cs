namespace Dispatch.Tests;

/// <summary>How loops end: everything in flight gets its terminal completion, and nobody waits for ever.</summary>
public sealed class EndTests
{
    [Fact]
    public void Disposing_ends_every_request_in_whichever_way_it_is_consumed_and_gives_memory_back() => OnLoop.OnThread(() =>
    {
        using TestPipe pipe = new();
        EventLoop loop = EventLoop.Attach(OnLoop.Small);
        IoRequest poll = IoRequest.Poll(pipe.ReadEnd, PollEvents.Readable);
        Recorder observer = new();
        Recorder raw = new();
        loop.Completions.Subscribe(raw);
        loop.Observe(poll, observer);
        loop.Submit(poll, 7);
        Task<int> awaited = loop.ExecuteAsync(poll).AsTask();
        Task<int> reading = loop.ExecuteAsync(IoRequest.Read(pipe.ReadEnd, new byte[1], -1)).AsTask();
        Task delay = loop.DelayAsync(TimeSpan.FromHours(1)).AsTask();
        loop.Poll();
        loop.Dispose();

        Assert.Equal(-Errno.ECANCELED, Assert.Single(observer.Items).Result);
        Assert.True(observer.IsCompleted);
        Assert.Equal((7UL, (long)-Errno.ECANCELED), (raw.Items[0].Tag, raw.Items[0].Result));
        Assert.True(awaited.IsCanceled);
        Assert.True(reading.IsCanceled);
        Assert.True(delay.IsCanceled);
        Assert.True(loop.Completed.IsCompletedSuccessfully);
        Assert.Null(EventLoop.Current);
        Assert.Empty(loop.Life.Unfinished);
    });

    [Fact]
    public void Disposing_twice_does_nothing_and_members_of_a_loop_that_has_ended_say_so() => OnLoop.OnThread(() =>
    {
        EventLoop loop = EventLoop.Attach(OnLoop.Small);
        loop.Dispose();
        loop.Dispose();
        Assert.True(loop.DisposeAsync().IsCompletedSuccessfully);

        Assert.Throws<ObjectDisposedException>(() => loop.Submit(IoRequest.Nop(), 1));
        Assert.Throws<ObjectDisposedException>(() => loop.Poll());
        Assert.Throws<ObjectDisposedException>(() => loop.TryTake(out _));
        Assert.Throws<ObjectDisposedException>(() => loop.Post(() => { }));
        Assert.Throws<ObjectDisposedException>(() => { _ = loop.ExecuteAsync(IoRequest.Nop()); });
        Assert.Throws<ObjectDisposedException>(() => { _ = loop.InvokeAsync(() => { }); });
        Assert.Throws<ObjectDisposedException>(() => { _ = loop.DelayAsync(TimeSpan.FromSeconds(1)); });
        Assert.Throws<ObjectDisposedException>(() => loop.Observe(IoRequest.Nop()).Subscribe(new Recorder()));
        Assert.Equal(0, loop.Statistics.InFlight);
    });

    [Fact]
    public void Loops_give_their_descriptors_back() => OnLoop.OnThread(() =>
    {
        using (EventLoop.Attach(OnLoop.Small))
        {
            // What the first loop of a process opens for good is open now.
        }

        int descriptors = OpenDescriptors.Count();
        for (int i = 0; i < 20; i++)
        {
            using EventLoop loop = EventLoop.Attach(OnLoop.Small);
            loop.Post(() => { });
            loop.Poll();
        }

        Assert.Equal(descriptors, OpenDescriptors.Count());
    });

    [Fact]
    public void A_request_during_the_end_is_refused() => OnLoop.OnThread(() =>
    {
        using TestPipe pipe = new();
        EventLoop loop = EventLoop.Attach(OnLoop.Small);
        Exception? refused = null;
        Task work = Work();
        loop.Poll();
        loop.Dispose();
        Assert.True(work.IsCompletedSuccessfully);
        Assert.IsType<ObjectDisposedException>(refused);

        async Task Work()
        {
            await loop.CompleteAsync(IoRequest.Poll(pipe.ReadEnd, PollEvents.Readable));
            refused = await Record.ExceptionAsync(async () => await loop.ExecuteAsync(IoRequest.Nop()));
        }
    });

    [Fact]
    public void An_attached_loop_that_polls_ends_when_another_thread_asks() => OnLoop.OnThread(() =>
    {
        using TestPipe pipe = new();
        EventLoop loop = EventLoop.Attach(OnLoop.Small);
        Recorder recorder = new();
        loop.Observe(IoRequest.Poll(pipe.ReadEnd, PollEvents.Readable), recorder);
        Task asked = Task.Run(async () => await loop.DisposeAsync());
        SpinWait wait = default;
        while (!loop.Completed.IsCompleted)
        {
            loop.Poll();
            wait.SpinOnce();
        }

        Assert.True(asked.Wait(OnLoop.Guard));
        Assert.True(recorder.IsCompleted);
        Assert.Throws<ObjectDisposedException>(() => loop.Poll());
        loop.Dispose();
    });

    [Fact]
    public void An_attached_loop_that_runs_ends_when_another_thread_asks() => OnLoop.OnThread(() =>
    {
        EventLoop loop = EventLoop.Attach(OnLoop.Small);
        Task asked = Task.Run(async () => await loop.DisposeAsync());
        loop.Run();
        Assert.True(loop.Completed.IsCompletedSuccessfully);
        Assert.True(asked.Wait(OnLoop.Guard));
    });

    [Fact]
    public void An_attached_loop_that_is_disposed_inside_its_turn_ends_after_it() => OnLoop.OnThread(() =>
    {
        EventLoop loop = EventLoop.Attach(OnLoop.Small);
        ValueTask end = default;
        loop.Post(() => end = loop.DisposeAsync());
        loop.Run();
        Assert.True(end.IsCompleted);
        Assert.True(loop.Completed.IsCompletedSuccessfully);
    });

    [Fact]
    public void What_was_posted_before_the_end_still_runs_on_the_owner() => OnLoop.OnThread(() =>
    {
        EventLoop loop = EventLoop.Attach(OnLoop.Small);
        List<EventLoop?> ran = [];
        for (int i = 0; i < 100; i++)
        {
            loop.Post(() => ran.Add(EventLoop.Current));
        }

        loop.Dispose();
        Assert.Equal(100, ran.Count);
        Assert.All(ran, on => Assert.Same(loop, on));
    });

    [Fact]
    public async Task Nobody_waits_for_ever_when_loops_end_under_foreign_callers()
    {
        using TestPipe pipe = new();
        for (int round = 0; round < 100; round++)
        {
            Dispatcher dispatcher = Dispatcher.Create(new DispatcherOptions { Kernel = TestKernel.Kind, LoopCount = 1, SubmissionEntries = 8, CompletionEntries = 16, DrainTimeout = TimeSpan.Zero });
            EventLoop loop = dispatcher.Loops[0];
            Task[] callers = [.. Enumerable.Range(0, 3).Select(i => Task.Run(async () =>
            {
                int beside = 0;
                try
                {
                    while (true)
                    {
                        switch (i)
                        {
                            case 0:
                                await loop.CompleteAsync(IoRequest.Nop());
                                break;
                            case 1:
                                await loop.InvokeAsync(() => beside += loop.IsOwner ? 0 : 1);
                                break;
                            default:
                                ValueTask<Completion> poll = loop.CompleteAsync(IoRequest.Poll(pipe.ReadEnd, PollEvents.Readable));
                                await loop.DelayAsync(TimeSpan.FromTicks(1));
                                Task.Delay(TimeSpan.FromMilliseconds(1), loop.TimeProvider).GetAwaiter().OnCompleted(() => { });
                                if (loop.Completed.IsCompleted)
                                {
                                    await poll;
                                }

                                break;
                        }
                    }
                }
                catch (Exception e) when (e is ObjectDisposedException or OperationCanceledException)
                {
                    Assert.Equal(0, beside);
                }
            }))];
            await loop.InvokeAsync(() => { });
            await dispatcher.DisposeAsync();
            await Task.WhenAll(callers).WaitAsync(OnLoop.Guard);
        }
    }

    [Fact]
    public async Task A_delay_of_a_foreign_caller_ends_with_the_loop()
    {
        Dispatcher dispatcher = Dispatcher.Create(new DispatcherOptions { Kernel = TestKernel.Kind, LoopCount = 1, SubmissionEntries = 8, CompletionEntries = 16, DrainTimeout = TimeSpan.Zero });
        EventLoop loop = dispatcher.Loops[0];
        Task delay = loop.DelayAsync(TimeSpan.FromHours(1)).AsTask();
        await loop.InvokeAsync(() => { });
        await dispatcher.DisposeAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => delay.WaitAsync(OnLoop.Guard));
    }

    [Fact]
    public async Task A_timer_of_the_loops_clock_goes_on_when_the_loop_has_ended()
    {
        Dispatcher dispatcher = Dispatcher.Create(new DispatcherOptions { Kernel = TestKernel.Kind, LoopCount = 1, SubmissionEntries = 8, CompletionEntries = 16, DrainTimeout = TimeSpan.Zero });
        EventLoop loop = dispatcher.Loops[0];
        Task started = Task.Delay(TimeSpan.FromMilliseconds(50), loop.TimeProvider);
        await loop.InvokeAsync(() => { });
        await dispatcher.DisposeAsync();
        await started.WaitAsync(OnLoop.Guard);
        await Task.Delay(TimeSpan.FromMilliseconds(1), loop.TimeProvider).WaitAsync(OnLoop.Guard);
    }

    [Fact]
    public async Task Offloaded_work_that_outlives_the_loop_still_resumes_its_awaiter()
    {
        Dispatcher dispatcher = Dispatcher.Create(new DispatcherOptions { Kernel = TestKernel.Kind, LoopCount = 1, SubmissionEntries = 8, CompletionEntries = 16, DrainTimeout = TimeSpan.Zero });
        EventLoop loop = dispatcher.Loops[0];
        using ManualResetEventSlim hold = new();
        TaskCompletionSource<int> resumed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await loop.InvokeAsync(() => { _ = Work(); });
        await dispatcher.DisposeAsync();
        hold.Set();
        Assert.Equal(3, await resumed.Task.WaitAsync(OnLoop.Guard));

        async Task Work() => resumed.SetResult(await loop.OffloadAsync(() =>
        {
            hold.Wait();
            return 3;
        }));
    }
}
