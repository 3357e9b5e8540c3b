namespace Dispatch.Tests;

/// <summary>The surroundings of user code: where awaits resume, and that nothing of one callback is seen in the next.</summary>
public sealed class ContextTests
{
    private static readonly AsyncLocal<string?> Local = new();

    [Fact]
    public void An_async_local_of_one_callback_is_not_seen_in_the_next() => OnLoop.Poll(loop =>
    {
        Local.Value = "outside";
        List<string?> seen = [];
        void Look()
        {
            seen.Add(Local.Value);
            Local.Value = "left behind";
        }

        for (int i = 0; i < 3; i++)
        {
            loop.Observe(IoRequest.Nop(), new Recorder { Then = _ => Look() });
            OnLoop.Until(loop, () => seen.Count == (i * 6) + 1);
            loop.Post(Look);
            loop.Post(Look);
            OnLoop.Until(loop, () => seen.Count == (i * 6) + 3);
            _ = Unsafe(loop, Look);
            OnLoop.Until(loop, () => seen.Count == (i * 6) + 4);
            using ITimer timer = Suppressed(() => loop.TimeProvider.CreateTimer(_ => Look(), null, TimeSpan.Zero, Timeout.InfiniteTimeSpan));
            OnLoop.Until(loop, () => seen.Count == (i * 6) + 5);
            loop.Post(() => SynchronizationContext.Current!.Post(_ => Look(), null));
            OnLoop.Until(loop, () => seen.Count == (i * 6) + 6);
        }

        Assert.All(seen, s => Assert.Equal("outside", s));
        Assert.Equal("outside", Local.Value);

        static async Task Unsafe(EventLoop loop, Action look)
        {
            ValueTask<int> nop = loop.ExecuteAsync(IoRequest.Nop());
            TaskCompletionSource done = new();
            nop.GetAwaiter().UnsafeOnCompleted(() =>
            {
                look();
                done.SetResult();
            });
            await done.Task;
            nop.GetAwaiter().GetResult();
        }
    });

    [Fact]
    public void An_observer_does_not_see_what_another_left() => OnLoop.Poll(loop =>
    {
        List<string?> seen = [];
        Ends ends = new(
            () =>
            {
                seen.Add(Local.Value);
                Local.Value = "left behind";
            });
        loop.Observe(IoRequest.Nop(), ends);
        loop.Observe(IoRequest.Nop(), ends);
        OnLoop.Until(loop, () => seen.Count == 4);
        Assert.Null(seen[0]);
        Assert.Null(seen[2]);
    });

    [Fact]
    public void A_loop_on_a_thread_that_suppresses_its_flow_restores_it_too() => OnLoop.Poll(loop =>
    {
        using (ExecutionContext.SuppressFlow())
        {
            List<string?> seen = [];
            for (int i = 0; i < 3; i++)
            {
                loop.Post(() =>
                {
                    seen.Add(Local.Value);
                    Local.Value = "left behind";
                });
            }

            OnLoop.Until(loop, () => seen.Count == 3);
            Assert.All(seen, Assert.Null);
            Assert.True(ExecutionContext.IsFlowSuppressed());
        }
    });

    [Fact]
    public async Task The_creator_of_a_dispatcher_does_not_leave_its_async_locals_in_the_loops()
    {
        Local.Value = "creator";
        await using Dispatcher dispatcher = Dispatcher.Create(new DispatcherOptions { Kernel = TestKernel.Kind, LoopCount = 1, SubmissionEntries = 64, CompletionEntries = 256 });
        TaskCompletionSource<string?> seen = new(TaskCreationOptions.RunContinuationsAsynchronously);
        dispatcher.Loops[0].Post(() => seen.SetResult(Local.Value));
        Assert.Null(await seen.Task.WaitAsync(OnLoop.Guard));
        Local.Value = null;
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Who_cancels_keeps_its_async_locals_and_its_context_and_so_does_who_was_cancelled(bool hasContext) => OnLoop.Run(async loop =>
    {
        Local.Value = "cancelled";
        using CancellationTokenSource source = new();
        Task<string> cancelled = DelayAsync(source.Token);
        Local.Value = "canceller";
        SynchronizationContext? home = SynchronizationContext.Current;
        SynchronizationContext? context = hasContext ? home : null;
        SynchronizationContext.SetSynchronizationContext(context);
        source.Cancel();
        string? local = Local.Value;
        SynchronizationContext? found = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(home);
        Assert.Equal("canceller", local);
        Assert.Same(context, found);
        Assert.Equal("cancelled home", await cancelled);

        async Task<string> DelayAsync(CancellationToken token)
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => loop.DelayAsync(TimeSpan.FromDays(1), token).AsTask());
            string? kept = Local.Value;
            await Task.Yield();
            return $"{kept} {(loop.IsOwner ? "home" : "elsewhere")}";
        }
    });

    [Fact]
    public void Who_asks_for_the_loop_comes_back_to_it_whatever_context_it_was_in() => OnLoop.Run(async loop =>
    {
        SynchronizationContext other = new();
        SynchronizationContext.SetSynchronizationContext(other);
        Task<bool> invoked = loop.InvokeAsync(BehindAwaitAsync);
        Assert.Same(other, SynchronizationContext.Current);
        await loop.SwitchTo();
        Assert.True(await BehindAwaitAsync());
        Assert.True(await invoked);

        async Task<bool> BehindAwaitAsync()
        {
            await Task.Yield();
            return loop.IsOwner;
        }
    });

    [Fact]
    public void An_async_method_keeps_its_own_async_locals_over_its_awaits() => OnLoop.Run(async loop =>
    {
        await Task.WhenAll(Enumerable.Range(0, 20).Select(Work));

        async Task Work(int i)
        {
            Local.Value = $"work {i}";
            for (int j = 0; j < 20; j++)
            {
                await loop.ExecuteAsync(IoRequest.Nop());
                Assert.Equal($"work {i}", Local.Value);
                await loop.DelayAsync(TimeSpan.Zero);
                Assert.Equal($"work {i}", Local.Value);
                Assert.Equal($"work {i}", await loop.OffloadAsync(() => Local.Value));
                Assert.Equal($"work {i}", Local.Value);
                await Task.Yield();
                Assert.Equal($"work {i}", Local.Value);
            }
        }
    });

    [Fact]
    public void A_synchronization_context_that_a_callback_set_is_gone_in_the_next() => OnLoop.Poll(loop =>
    {
        HashSet<SynchronizationContext?> seen = [];
        int calls = 0;
        for (int i = 0; i < 10; i++)
        {
            loop.Post(Look);
            loop.Observe(IoRequest.Nop(), new Recorder { Then = _ => Look() });
        }

        OnLoop.Until(loop, () => calls == 20);
        Assert.Same(loop.Engine.Scope.Context, Assert.Single(seen));

        void Look()
        {
            seen.Add(SynchronizationContext.Current);
            SynchronizationContext.SetSynchronizationContext(new SynchronizationContext());
            calls++;
        }
    });

    [Fact]
    public void Twenty_thousand_awaits_through_two_layers_without_context_stay_on_the_owner_and_queue_nothing_to_the_pool() => OnLoop.Run(async loop =>
    {
        int thread = Environment.CurrentManagedThreadId;
        for (int i = 0; i < 100; i++)
        {
            await Outer();
        }

        await PoolRests();
        long before = ThreadPool.CompletedWorkItemCount + ThreadPool.PendingWorkItemCount;
        for (int i = 0; i < 20_000; i++)
        {
            await Outer();
            Assert.Equal(thread, Environment.CurrentManagedThreadId);
        }

        // Something of the runtime's own may run beside the test; forty thousand awaits are another matter.
        Assert.InRange(ThreadPool.CompletedWorkItemCount + ThreadPool.PendingWorkItemCount - before, 0, 100);

        async Task<int> Outer()
        {
            int result = await Inner().ConfigureAwait(false);
            Assert.Equal(thread, Environment.CurrentManagedThreadId);
            return result;
        }

        async Task<int> Inner()
        {
            int result = await loop.ExecuteAsync(IoRequest.Nop()).ConfigureAwait(false);
            Assert.Equal(thread, Environment.CurrentManagedThreadId);
            await loop.DelayAsync(TimeSpan.Zero).ConfigureAwait(false);
            Assert.Equal(thread, Environment.CurrentManagedThreadId);
            return result;
        }

        static async Task PoolRests()
        {
            long seen;
            do
            {
                seen = ThreadPool.CompletedWorkItemCount;
                await Task.Yield();
            }
            while (ThreadPool.PendingWorkItemCount != 0 || seen != ThreadPool.CompletedWorkItemCount);
        }
    });

    [Fact]
    public void An_await_without_context_that_is_cancelled_outside_a_turn_stays_on_the_owner() => OnLoop.Poll(loop =>
    {
        using CancellationTokenSource source = new();
        int resumed = 0;
        Task work = Outer();
        source.Cancel();
        Assert.Equal(0, resumed); // Not in the stack of the one who cancelled.
        OnLoop.Until(loop, () => work.IsCompleted);
        Assert.Equal(Environment.CurrentManagedThreadId, resumed);

        async Task Outer()
        {
            await Inner().ConfigureAwait(false);
            resumed = Environment.CurrentManagedThreadId;
        }

        async Task Inner()
        {
            try
            {
                await loop.DelayAsync(TimeSpan.FromHours(1), source.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                // What the test is about is where this runs.
            }
        }
    });

    [Fact]
    public void The_default_scheduler_is_current_while_delivering() => OnLoop.Poll(loop =>
    {
        List<TaskScheduler> seen = [];
        void Look() => seen.Add(TaskScheduler.Current);
        loop.Post(Look);
        loop.Observe(IoRequest.Nop(), new Recorder { Then = _ => Look() });
        using ITimer timer = loop.TimeProvider.CreateTimer(_ => Look(), null, TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        Task work = Work();
        OnLoop.Until(loop, () => work.IsCompleted && seen.Count == 5);
        Assert.All(seen, s => Assert.Same(TaskScheduler.Default, s));

        async Task Work()
        {
            await loop.ExecuteAsync(IoRequest.Nop());
            Look();
            await Task.Yield();
            Look();
        }
    });

    [Fact]
    public void Awaits_of_other_things_come_home() => OnLoop.Run(async loop =>
    {
        int thread = Environment.CurrentManagedThreadId;
        await Task.Delay(1);
        Assert.Equal(thread, Environment.CurrentManagedThreadId);
        await Task.Run(() => { });
        Assert.Equal(thread, Environment.CurrentManagedThreadId);
        await Task.Yield();
        Assert.Equal(thread, Environment.CurrentManagedThreadId);
        Assert.Same(loop, EventLoop.Current);
    });

    [Fact]
    public void A_scheduler_that_was_current_at_the_await_gets_the_continuation() => OnLoop.Run(async loop =>
    {
        Inline scheduler = new();
        TaskScheduler? resumed = null;
        await await Task.Factory.StartNew(
            async () =>
            {
                SynchronizationContext.SetSynchronizationContext(null);
                await loop.ExecuteAsync(IoRequest.Nop());
                resumed = TaskScheduler.Current;
            },
            CancellationToken.None,
            TaskCreationOptions.None,
            scheduler);
        Assert.Same(scheduler, resumed);
    });

    private static T Suppressed<T>(Func<T> make)
    {
        using (ExecutionContext.SuppressFlow())
        {
            return make();
        }
    }

    private sealed class Ends(Action look) : IObserver<Completion>
    {
        public void OnCompleted() => look();

        public void OnError(Exception error) => throw error;

        public void OnNext(Completion value) => look();
    }

    private sealed class Inline : TaskScheduler
    {
        protected override IEnumerable<Task> GetScheduledTasks() => [];

        protected override void QueueTask(Task task) => TryExecuteTask(task);

        protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => TryExecuteTask(task);
    }
}
