namespace Dispatch.Tests;

/// <summary>Subscriptions: their ends, from any thread, and what arrives when nobody takes it.</summary>
public sealed class ObserveTests
{
    [Fact]
    public async Task A_subscription_from_another_thread_is_delivered_on_the_owner()
    {
        await using Dispatcher dispatcher = Dispatcher.Create(new DispatcherOptions { Kernel = TestKernel.Kind, LoopCount = 1, SubmissionEntries = 64, CompletionEntries = 256 });
        EventLoop loop = dispatcher.Loops[0];
        TaskCompletionSource<EventLoop?> delivered = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Recorder recorder = new() { Then = _ => delivered.SetResult(EventLoop.Current) };
        loop.Observe(IoRequest.Nop()).Subscribe(recorder);
        Assert.Same(loop, await delivered.Task.WaitAsync(OnLoop.Guard));
        await loop.InvokeAsync(() => { });
        Assert.True(recorder.IsCompleted);
    }

    [Fact]
    public async Task Disposing_from_another_thread_cancels_and_nothing_is_delivered_after_it_has_arrived()
    {
        await using Dispatcher dispatcher = Dispatcher.Create(new DispatcherOptions { Kernel = TestKernel.Kind, LoopCount = 1, SubmissionEntries = 64, CompletionEntries = 256 });
        EventLoop loop = dispatcher.Loops[0];
        using TestPipe pipe = new();
        TaskCompletionSource first = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Recorder recorder = new() { Then = _ => first.TrySetResult() };
        IDisposable subscription = loop.Observe(IoRequest.PollMultishot(pipe.ReadEnd, PollEvents.Readable)).Subscribe(recorder);
        pipe.Write(1);
        await first.Task.WaitAsync(OnLoop.Guard);
        subscription.Dispose();
        subscription.Dispose();
        pipe.Write(2);
        OnLoop.Await(() => loop.Statistics.InFlight == 1, "The end of the request");
        await loop.InvokeAsync(() => { });
        Assert.Single(recorder.Items);
        Assert.False(recorder.IsCompleted);
    }

    [Fact]
    public void Disposing_inside_OnNext_ends_the_deliveries_and_the_request() => OnLoop.Poll(loop =>
    {
        IDisposable? subscription = null;
        Recorder recorder = new() { Then = _ => subscription!.Dispose() };
        subscription = loop.Observe(IoRequest.Timeout(TimeSpan.FromMicroseconds(50), TimeoutFlags.Multishot)).Subscribe(recorder);
        OnLoop.Until(loop, () => loop.Statistics.InFlight == 1);
        Assert.Single(recorder.Items);
        Assert.False(recorder.IsCompleted);
    });

    [Fact]
    public void Disposing_after_the_end_or_twice_does_nothing_to_the_slots_next_tenant() => OnLoop.Poll(loop =>
    {
        using TestPipe pipe = new();
        Recorder first = new();
        IDisposable stale = loop.Observe(IoRequest.Nop()).Subscribe(first);
        OnLoop.Until(loop, () => first.IsCompleted);
        Recorder second = new();
        loop.Observe(IoRequest.Poll(pipe.ReadEnd, PollEvents.Readable), second);
        stale.Dispose();
        stale.Dispose();
        for (int i = 0; i < 10; i++)
        {
            loop.Submit(IoRequest.Nop(), 1);
            OnLoop.Take(loop);
            loop.Poll();
        }

        Assert.Empty(second.Items);
        pipe.Write(1);
        OnLoop.Until(loop, () => second.IsCompleted);
    });

    [Fact]
    public async Task A_subscription_that_is_disposed_before_it_arrived_submits_nothing()
    {
        await using Dispatcher dispatcher = Dispatcher.Create(new DispatcherOptions { Kernel = TestKernel.Kind, LoopCount = 1, SubmissionEntries = 64, CompletionEntries = 256 });
        EventLoop loop = dispatcher.Loops[0];
        using ManualResetEventSlim hold = new();
        loop.Post(() => hold.Wait());
        Recorder recorder = new();
        loop.Observe(IoRequest.Nop()).Subscribe(recorder).Dispose();
        hold.Set();
        await loop.InvokeAsync(() => { });
        await loop.InvokeAsync(async () => await loop.ExecuteAsync(IoRequest.Nop()));
        Assert.Empty(recorder.Items);
        Assert.Equal(1, loop.Statistics.InFlight);
    }

    [Fact]
    public void A_descriptor_that_nobody_takes_is_closed_and_counted() => OnLoop.Poll(loop =>
    {
        using TestFolder folder = new();
        File.WriteAllBytes(folder["f"], []);
        IDisposable[] takers = [.. Enumerable.Range(0, 10).Select(_ => loop.Observe(IoRequest.OpenAt(folder["f"], OpenFlags.ReadOnly | OpenFlags.CloseOnExec)).Subscribe(new Recorder()))];

        // Opened, and not yet delivered: taking leaves the operations' completions for the poll, so every cancel comes too late.
        Assert.True(SpinWait.SpinUntil(() => !loop.TryTake(out _) && OpenDescriptors.CountOf(folder["f"]) == 10, OnLoop.Guard));
        Assert.All(takers, taker => taker.Dispose());
        OnLoop.Until(loop, () => loop.Statistics.InFlight == 1);
        Assert.Equal(0, OpenDescriptors.CountOf(folder["f"]));
        Assert.Equal(10, loop.Statistics.Orphans);
    });

    [Fact]
    public void An_observer_that_throws_ends_its_own_multishot_and_the_exception_goes_to_the_policy()
    {
        List<Exception> faults = [];
        EventLoopOptions options = OnLoop.Small;
        options.UnhandledException = fault =>
        {
            faults.Add(fault.Exception);
            return UnhandledExceptionAction.Continue;
        };
        OnLoop.Poll(
            loop =>
            {
                Recorder bad = new() { Then = _ => throw new InvalidOperationException("bad") };
                Recorder good = new();
                loop.Observe(IoRequest.Timeout(TimeSpan.FromMicroseconds(50), TimeoutFlags.Multishot), bad);
                OperationHandle other = loop.Observe(IoRequest.Timeout(TimeSpan.FromMicroseconds(50), TimeoutFlags.Multishot), good);
                OnLoop.Until(loop, () => loop.Statistics.InFlight == 2 && good.Items.Count > 10);
                Assert.Single(bad.Items);
                Assert.False(bad.IsCompleted);
                other.Cancel();
                OnLoop.Until(loop, () => good.IsCompleted);
            },
            options);
        Assert.Equal("bad", Assert.Single(faults).Message);
    }

    [Fact]
    public void An_observer_may_start_the_next_request_inside_OnNext() => OnLoop.Poll(loop =>
    {
        int left = 1000;
        Chain chain = new(loop, () => --left > 0);
        loop.Observe(IoRequest.Nop(), chain);
        OnLoop.Until(loop, () => left == 0 && loop.Statistics.InFlight == 1);
        Assert.Equal(1000, chain.Items);
        Assert.Equal(1000, chain.Ends);
    });

    [Fact]
    public async Task A_subscription_to_a_loop_that_has_ended_is_refused()
    {
        Dispatcher dispatcher = Dispatcher.Create(new DispatcherOptions { Kernel = TestKernel.Kind, LoopCount = 1, SubmissionEntries = 64, CompletionEntries = 256 });
        await dispatcher.DisposeAsync();
        Assert.Throws<ObjectDisposedException>(() => dispatcher.Loops[0].Observe(IoRequest.Nop()).Subscribe(new Recorder()));
    }

    private sealed class Chain(EventLoop loop, Func<bool> next) : IObserver<Completion>
    {
        public int Items { get; private set; }

        public int Ends { get; private set; }

        public void OnCompleted() => Ends++;

        public void OnError(Exception error) => throw error;

        public void OnNext(Completion value)
        {
            Items++;
            if (next())
            {
                loop.Observe(IoRequest.Nop(), this);
            }
        }
    }
}
