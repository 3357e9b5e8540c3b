using Dispatch.Tests.Kernel;
using Tmds.Linux;

namespace Dispatch.Tests;

/// <summary>What <see cref="AioContext"/> does beyond the results of its requests: waits, other threads, ends. The results are compared with the kernel's in <see cref="AioProgramTests"/>.</summary>
public sealed class AioContextTests : IDisposable
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(2);

    private readonly AioBlocks blocks = new();
    private readonly Pipe pipe = new();

    public void Dispose()
    {
        pipe.Dispose();
        blocks.Dispose();
    }

    [Fact]
    public async Task Another_thread_submits_and_sleeps_until_the_events_come()
    {
        await using Dispatcher dispatcher = Dispatcher.Create(new DispatcherOptions { Kernel = TestKernel.Kind, LoopCount = 1 });
        AioContext context = new(dispatcher.Loops[0]);
        blocks.SetRead(0, pipe.ReadEnd, 5, data: 7);
        Assert.Equal(1, blocks.Submit(context, 1));
        AioEvent[] events = new AioEvent[2];
        Assert.Equal(0, context.GetEvents(1, events, TimeSpan.FromMilliseconds(1)));
        Task<int> sleeper = Task.Factory.StartNew(() => context.GetEvents(1, events), TaskCreationOptions.LongRunning);
        pipe.Write(42);
        Assert.Equal(1, await sleeper.WaitAsync(Long));
        CheckRead(events[0]);
        await context.DisposeAsync().AsTask().WaitAsync(Long);
        Assert.Equal(-Errno.EINVAL, blocks.Submit(context, 1));
        Assert.Equal(-Errno.EINVAL, context.GetEvents(1, events));
    }

    [Fact]
    public void The_owner_awaits_events_and_is_refused_to_sleep_for_them() => OnLoop.Run(async loop =>
    {
        AioContext context = new(loop);
        blocks.SetRead(0, pipe.ReadEnd, 5, data: 7);
        Assert.Equal(1, blocks.Submit(context, 1));
        AioEvent[] events = new AioEvent[1];
        Assert.Contains("GetEventsAsync", Assert.Throws<InvalidOperationException>(() => context.GetEvents(1, events)).Message, StringComparison.Ordinal);
        Assert.Equal(0, await context.GetEventsAsync(1, events, TimeSpan.FromMilliseconds(1)));
        using CancellationTokenSource cancel = new();
        ValueTask<int> cancelled = context.GetEventsAsync(1, events, null, cancel.Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAsync<OperationCanceledException>(async () => await cancelled);
        ValueTask<int> waiting = context.GetEventsAsync(1, events);
        pipe.Write(42);
        Assert.Equal(1, await waiting.ConfigureAwait(false));
        Assert.True(loop.IsOwner, "The await went on elsewhere.");
        CheckRead(events[0]);
        await context.DisposeAsync();
    });

    [Fact]
    public void Those_who_wait_are_served_in_their_order() => OnLoop.Run(async loop =>
    {
        AioContext context = new(loop);
        AioEvent[] first = new AioEvent[2];
        AioEvent[] second = new AioEvent[1];
        ValueTask<int> two = context.GetEventsAsync(2, first);
        ValueTask<int> one = context.GetEventsAsync(1, second);
        blocks.SetRead(0, pipe.ReadEnd, 1, data: 1);
        Assert.Equal(1, blocks.Submit(context, 1));
        pipe.Write(1);
        Assert.Equal(1, await one);
        Assert.False(two.IsCompleted);
        Assert.Equal(1, blocks.Submit(context, 1));
        Assert.Equal(1, blocks.Submit(context, 1));
        pipe.Write(2);
        pipe.Write(3);
        Assert.Equal(2, await two);
        await context.DisposeAsync();
    });

    [Fact]
    public void A_disposal_cancels_polls_and_waits_for_the_rest() => OnLoop.Run(async loop =>
    {
        AioContext context = new(loop);
        blocks.SetPoll(0, pipe.ReadEnd, data: 1);
        blocks.SetRead(1, pipe.ReadEnd, 1, data: 2);
        Assert.Equal(2, blocks.Submit(context, 2));
        Task end = context.DisposeAsync().AsTask();
        AioEvent[] events = new AioEvent[2];
        Assert.Equal(1, await context.GetEventsAsync(1, events));
        Assert.Equal((1ul, 0L), (events[0].Data, events[0].Result));
        Assert.False(end.IsCompleted, "A read was in flight.");
        pipe.Write(1);
        await end.WaitAsync(Long);
        Assert.Equal(1, context.GetEvents(1, events));
        Assert.Equal((2ul, 1L), (events[0].Data, events[0].Result));
        Assert.Equal(-Errno.EINVAL, context.GetEvents(1, events));
        Assert.Equal(0, context.InFlight);
    });

    [Fact]
    public void A_loop_that_ends_ends_what_is_in_flight_and_who_waits()
    {
        AioContext? context = null;
        ValueTask<int> waiting = default;
        AioEvent[] events = new AioEvent[4];
        OnLoop.Poll(loop =>
        {
            context = new AioContext(loop);
            blocks.SetPoll(0, pipe.ReadEnd, data: 1);
            Assert.Equal(1, blocks.Submit(context, 1));
            waiting = context.GetEventsAsync(3, events);
        });
        Assert.True(waiting.IsCompleted, "It waits for a loop that is gone.");
        Assert.Equal(0, context!.InFlight);
        Assert.Throws<ObjectDisposedException>(() => blocks.Submit(context, 1));
    }

    [Fact]
    public void An_eventfd_counts_the_events_also_when_the_user_has_closed_their_own_descriptor() => OnLoop.Poll(loop =>
    {
        int counted = (int)SystemCall.Run(SystemCall.EventDescriptor, 0, 0);
        int kept = LibC.dup(counted);
        AioContext context = new(loop);
        blocks.SetRead(0, pipe.ReadEnd, 1, data: 1);
        blocks[0].Flags = AioBlockFlags.EventDescriptor;
        blocks[0].EventDescriptor = (uint)counted;
        Assert.Equal(1, blocks.Submit(context, 1));
        Assert.Equal(0, LibC.close(counted));
        pipe.Write(1);
        AioEvent[] events = new AioEvent[1];
        OnLoop.Until(loop, () => context.GetEvents(0, events) == 1);
        Assert.Equal(1ul, AioBlocks.ReadCount(kept));
        Assert.Equal(0, LibC.close(kept));
    });

    [Fact]
    public void Control_blocks_and_vectors_may_be_reused_after_the_submit() => OnLoop.Poll(loop =>
    {
        AioContext context = new(loop);
        blocks.SetVectorRead(0, pipe.ReadEnd, data: 3);
        Assert.Equal(1, blocks.Submit(context, 1));
        blocks.Spoil();
        pipe.Write(9);
        AioEvent[] events = new AioEvent[1];
        OnLoop.Until(loop, () => context.GetEvents(0, events) == 1);
        Assert.Equal((3ul, 1L, (byte)9), (events[0].Data, events[0].Result, blocks.Memory[0]));
    });

    [Fact]
    public void What_cannot_be_asked_for_is_refused() => OnLoop.Poll(loop =>
    {
        AioContext context = new(loop);
        AioEvent[] events = new AioEvent[1];
        Assert.Equal(0, context.Submit([]));
        Assert.Equal(-Errno.EFAULT, context.Submit([16]));
        Assert.Equal(-Errno.EINVAL, context.GetEvents(2, events));
        Assert.Equal(-Errno.EINVAL, context.GetEvents(-1, events));
        Assert.Equal(-Errno.EINVAL, context.GetEvents(0, events, TimeSpan.FromSeconds(-2)));
        Assert.Equal(-Errno.EFAULT, context.Cancel(16));
        Assert.Equal(-Errno.EINVAL, context.Cancel(blocks.Address(0)));
    });

    [Fact]
    public void Submitting_and_taking_on_the_owner_allocates_nothing() => OnLoop.Poll(loop =>
    {
        AioContext context = new(loop);
        AioEvent[] events = new AioEvent[1];
        blocks.SetPoll(0, pipe.ReadEnd, data: 1);
        pipe.Write(1); // Readable from now on.
        Span<nint> one = [blocks.Address(0)];
        long before = 0;
        for (int i = 0; i < 2000; i++)
        {
            if (i == 1000)
            {
                before = GC.GetAllocatedBytesForCurrentThread();
            }

            _ = context.Submit(one);
            while (context.GetEvents(0, events) == 0)
            {
                loop.Poll();
            }
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    });

    private void CheckRead(AioEvent ended)
    {
        Assert.Equal(new AioEvent(7, (ulong)blocks.Address(0), 1, 0), ended);
        Assert.Equal(42, blocks.Memory[0]);
    }
}
