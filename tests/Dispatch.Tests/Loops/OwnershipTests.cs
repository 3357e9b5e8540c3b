namespace Dispatch.Tests;

/// <summary>A loop belongs to one thread: who may call what, and what the others are told.</summary>
public sealed class OwnershipTests
{
    [Fact]
    public void Members_of_the_owner_throw_on_another_thread_and_name_what_works_there() => OnLoop.Poll(loop =>
    {
        Action[] calls =
        [
            () => loop.Submit(IoRequest.Nop(), 1),
            () => loop.Poll(),
            () => loop.TryTake(out _),
            () => loop.Run(),
            () => loop.Cancel(1),
            () => loop.CancelAll(),
            () => loop.Observe(IoRequest.Nop(), new Recorder()),
            () => loop.Completions.Subscribe(new Recorder()),
            () => loop.RegisterBuffers(1, 4096),
            () => loop.TakeBuffer(default),
            () => loop.VerifyAccess(),
            () => loop.Dispose(),
        ];
        OnLoop.OnThread(() =>
        {
            Assert.False(loop.IsOwner);
            Assert.Null(EventLoop.Current);
            foreach (Action call in calls)
            {
                InvalidOperationException thrown = Assert.Throws<InvalidOperationException>(call);
                Assert.Contains(loop.Name, thrown.Message, StringComparison.Ordinal);
                Assert.Contains("ExecuteAsync", thrown.Message, StringComparison.Ordinal);
            }
        });
        OnLoop.Poll(other =>
        {
            InvalidOperationException thrown = Assert.Throws<InvalidOperationException>(() => loop.Poll());
            Assert.Contains(other.Name, thrown.Message, StringComparison.Ordinal);
        });
        Assert.True(loop.IsOwner);
        Assert.Same(loop, EventLoop.Current);
    });

    [Fact]
    public void A_thread_owns_one_loop() => OnLoop.Poll(loop =>
    {
        InvalidOperationException thrown = Assert.Throws<InvalidOperationException>(() => EventLoop.Attach());
        Assert.Contains(loop.Name, thrown.Message, StringComparison.Ordinal);
    });

    [Fact]
    public void A_thread_may_own_one_loop_after_another() => OnLoop.OnThread(() =>
    {
        for (int i = 0; i < 40; i++)
        {
            using EventLoop loop = EventLoop.Attach(OnLoop.Small);
            loop.Submit(IoRequest.Nop(), 1);
            OnLoop.Take(loop);
        }
    });

    [Fact]
    public async Task A_thread_of_the_pool_cannot_own_a_loop()
    {
        InvalidOperationException thrown = await Assert.ThrowsAsync<InvalidOperationException>(() => Task.Run(() => EventLoop.Attach()));
        Assert.Contains("new Thread", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_poll_or_run_inside_a_turn_is_refused_also_when_there_is_nothing_to_do() => OnLoop.Poll(loop =>
    {
        List<Exception?> thrown = [];
        void Try()
        {
            thrown.Add(Record.Exception(() => loop.Poll()));
            thrown.Add(Record.Exception(() => loop.Run()));
            thrown.Add(Record.Exception(() => loop.Dispose()));
        }

        loop.Observe(IoRequest.Nop(), new Recorder { Then = _ => Try() });
        OnLoop.Until(loop, () => thrown.Count == 3);
        loop.Post(Try);
        OnLoop.Until(loop, () => thrown.Count == 6);
        using ITimer timer = loop.TimeProvider.CreateTimer(_ => Try(), null, TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        OnLoop.Until(loop, () => thrown.Count == 9);

        Assert.All(thrown, e => Assert.Contains("turn", Assert.IsType<InvalidOperationException>(e).Message, StringComparison.Ordinal));
    });

    [Fact]
    public async Task Run_is_refused_on_a_dispatchers_loop()
    {
        await using Dispatcher dispatcher = Dispatcher.Create(new DispatcherOptions { Kernel = TestKernel.Kind, LoopCount = 1, SubmissionEntries = 64, CompletionEntries = 256 });
        EventLoop loop = dispatcher.Loops[0];
        await loop.InvokeAsync(() =>
        {
            Assert.Throws<InvalidOperationException>(() => loop.Run());
            Assert.Throws<InvalidOperationException>(() => loop.Poll());
            Assert.Throws<InvalidOperationException>(() => loop.Dispose());
        });
    }

    [Fact]
    public void Run_ends_when_its_token_is_cancelled_and_the_loop_stays_usable() => OnLoop.Poll(loop =>
    {
        for (int i = 0; i < 100; i++)
        {
            using CancellationTokenSource source = new();
            if (i % 2 == 0)
            {
                loop.Post(() => source.Cancel());
            }
            else
            {
                ThreadPool.QueueUserWorkItem(_ => source.Cancel());
            }

            loop.Run(source.Token);
        }

        loop.Submit(IoRequest.Nop(), 1);
        Assert.Equal(1UL, OnLoop.Take(loop).Tag);
    });

    [Fact]
    public void The_context_is_installed_inside_a_turn_only() => OnLoop.Poll(loop =>
    {
        SynchronizationContext mine = new();
        SynchronizationContext.SetSynchronizationContext(mine);
        SynchronizationContext? inside = null;
        loop.Post(() => inside = SynchronizationContext.Current);
        OnLoop.Until(loop, () => inside is not null);
        Assert.NotSame(mine, inside);
        Assert.Same(mine, SynchronizationContext.Current);
        loop.TryTake(out _);
        Assert.Same(mine, SynchronizationContext.Current);
        SynchronizationContext.SetSynchronizationContext(null);
    });

    [Fact]
    public void An_await_outside_a_turn_resumes_in_a_turn_or_in_the_context_that_was_current() => OnLoop.Poll(loop =>
    {
        EventLoop? resumedOn = null;
        Task first = Await();
        OnLoop.Until(loop, () => first.IsCompleted);
        Assert.Same(loop, resumedOn);

        Posting context = new();
        SynchronizationContext.SetSynchronizationContext(context);
        Task second = Await();
        SynchronizationContext.SetSynchronizationContext(null);
        OnLoop.Until(loop, () => context.Posts == 1);
        Assert.False(second.IsCompleted);
        context.Run!();
        Assert.True(second.IsCompleted);

        async Task Await()
        {
            await loop.ExecuteAsync(IoRequest.Nop());
            resumedOn = EventLoop.Current;
        }
    });

    private sealed class Posting : SynchronizationContext
    {
        public int Posts { get; private set; }

        public Action? Run { get; private set; }

        public override void Post(SendOrPostCallback d, object? state)
        {
            Posts++;
            Run = () => d(state);
        }
    }
}
