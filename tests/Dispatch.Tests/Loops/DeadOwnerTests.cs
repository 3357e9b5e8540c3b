using System.Runtime.CompilerServices;

namespace Dispatch.Tests;

/// <summary>A thread that ends without disposing its loop: every request still gets its terminal completion, and memory comes back.</summary>
public sealed class DeadOwnerTests
{
    [Fact]
    public async Task Another_thread_that_disposes_the_loop_of_a_dead_one_ends_its_requests()
    {
        using TestPipe pipe = new();
        int descriptors = OpenDescriptors.Count();
        State state = Abandon(pipe);
        Assert.False(state.Awaited.IsCompleted);

        await state.Loop!.DisposeAsync().AsTask().WaitAsync(OnLoop.Guard);

        await VerifyEnded(state);
        Assert.Equal(descriptors, OpenDescriptors.Count());
    }

    [Fact]
    public async Task Disposing_from_many_threads_at_once_ends_it_once()
    {
        using TestPipe pipe = new();
        State state = Abandon(pipe);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(async () =>
        {
            if (i % 2 == 0)
            {
                state.Loop!.Dispose();
            }
            else
            {
                await state.Loop!.DisposeAsync();
            }

            // Whoever returns from it finds it done, also when another one did it.
            Assert.Equal(0, state.Loop.Statistics.InFlight);
            Assert.True(state.Loop.Completed.IsCompleted);
        }))).WaitAsync(OnLoop.Guard);
        await VerifyEnded(state);
    }

    [Fact]
    public async Task The_collector_ends_the_requests_of_a_dead_thread_that_nobody_disposes()
    {
        using TestPipe pipe = new();
        State state = Abandon(pipe);
        long start = Environment.TickCount64;
        while (!state.Loop!.Completed.IsCompleted)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            Assert.True(Environment.TickCount64 - start < OnLoop.Guard.TotalMilliseconds, "The loop was not missed.");
        }

        await VerifyEnded(state);
    }

    [Fact]
    public async Task Requests_that_were_staged_and_never_submitted_are_answered()
    {
        using TestPipe pipe = new();
        EventLoop? loop = null;
        Recorder recorder = new();
        Task<Completion>[] all = [];
        OnLoop.OnThread(() =>
        {
            loop = EventLoop.Attach(new EventLoopOptions { Kernel = TestKernel.Kind, SubmissionEntries = 4, CompletionEntries = 16, RawCapacity = 4 });
            all = [.. Enumerable.Range(0, 50).Select(_ => loop.CompleteAsync(IoRequest.Poll(pipe.ReadEnd, PollEvents.Readable)).AsTask())];
            loop.Completions.Subscribe(recorder);
            for (ulong i = 0; i < 10; i++)
            {
                loop.Submit(IoRequest.Nop(), i);
            }
        });
        await loop!.DisposeAsync().AsTask().WaitAsync(OnLoop.Guard);
        Assert.All(await Task.WhenAll(all).WaitAsync(OnLoop.Guard), c => Assert.Equal(-Errno.ECANCELED, c.Result));
        Assert.Equal(Enumerable.Range(0, 10).Select(i => (ulong)i), recorder.Items.Select(c => c.Tag).Order());
        Assert.Equal(0, loop.Statistics.InFlight);
        Assert.Empty(loop.Life.Unfinished);
    }

    [Fact]
    public async Task What_was_on_its_way_to_a_dead_owner_ends()
    {
        EventLoop? loop = null;
        OnLoop.OnThread(() => loop = EventLoop.Attach(OnLoop.Small));
        Task<int> forwarded = loop!.ExecuteAsync(IoRequest.Nop()).AsTask();
        Task invoked = loop.InvokeAsync(() => { });
        Task delay = loop.DelayAsync(TimeSpan.FromHours(1)).AsTask();
        TaskCompletionSource<bool> switched = new();
        _ = Switch();
        await loop.DisposeAsync().AsTask().WaitAsync(OnLoop.Guard);

        await Assert.ThrowsAsync<ObjectDisposedException>(() => forwarded.WaitAsync(OnLoop.Guard));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => invoked.WaitAsync(OnLoop.Guard));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => delay.WaitAsync(OnLoop.Guard));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => switched.Task.WaitAsync(OnLoop.Guard));

        async Task Switch()
        {
            try
            {
                await loop.SwitchTo();
                switched.SetResult(true);
            }
            catch (Exception e)
            {
                switched.SetException(e);
            }
        }
    }

    [Fact]
    public void A_loop_may_dispose_a_dead_ones_inside_its_own_turn() => OnLoop.Poll(loop =>
    {
        using TestPipe pipe = new();
        State state = Abandon(pipe);
        bool done = false;
        SynchronizationContext mine = new();
        SynchronizationContext.SetSynchronizationContext(mine);
        loop.Post(() =>
        {
            SynchronizationContext? mine = SynchronizationContext.Current;
            state.Loop!.Dispose();
            Assert.Same(loop, EventLoop.Current);
            Assert.Same(mine, SynchronizationContext.Current);
            done = true;
        });
        OnLoop.Until(loop, () => done);
        Assert.Same(mine, SynchronizationContext.Current);
        SynchronizationContext.SetSynchronizationContext(null);
        Assert.Empty(state.Loop!.Life.Unfinished);
    });

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static State Abandon(TestPipe pipe)
    {
        State state = new();
        OnLoop.OnThread(() =>
        {
            EventLoop loop = EventLoop.Attach(OnLoop.Small);
            state.Loop = loop;
            byte[] memory = GC.AllocateUninitializedArray<byte>(16);
            state.Memory = new WeakReference(memory);
            state.Awaited = loop.CompleteAsync(IoRequest.Read(pipe.ReadEnd, memory, -1)).AsTask();
            state.Delay = loop.DelayAsync(TimeSpan.FromHours(1)).AsTask();
            loop.Completions.Subscribe(state.Raw);
            loop.Submit(IoRequest.Poll(pipe.ReadEnd, PollEvents.Readable), 7);
            loop.Observe(IoRequest.PollMultishot(pipe.ReadEnd, PollEvents.Readable), state.Observed);
            for (int i = 0; i < 10; i++)
            {
                loop.Poll();
            }
        });
        return state;
    }

    private static async Task VerifyEnded(State state)
    {
        Assert.Equal(-Errno.ECANCELED, (await state.Awaited.WaitAsync(OnLoop.Guard)).Result);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => state.Delay!.WaitAsync(OnLoop.Guard));
        Assert.Equal((7UL, (long)-Errno.ECANCELED), (Assert.Single(state.Raw.Items).Tag, state.Raw.Items[0].Result));
        Assert.True(state.Observed.IsCompleted);
        Assert.Equal(-Errno.ECANCELED, Assert.Single(state.Observed.Items).Result);
        Assert.True(state.Loop!.Completed.IsCompletedSuccessfully);
        Assert.Empty(state.Loop.Life.Unfinished);
        Assert.Equal(0, state.Loop.Statistics.InFlight);
        Assert.Equal(0, state.Loop.Statistics.Late);

        OnLoop.Await(
            () =>
            {
                GC.Collect();
                return !state.Memory!.IsAlive;
            },
            "The end of the loan of the memory");
    }

    private sealed class State
    {
        public EventLoop? Loop { get; set; }

        public WeakReference? Memory { get; set; }

        public Task<Completion> Awaited { get; set; } = Task.FromResult(default(Completion));

        public Task? Delay { get; set; }

        public Recorder Raw { get; } = new();

        public Recorder Observed { get; } = new();
    }
}
