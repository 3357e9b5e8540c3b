using System.Threading.Tasks.Sources;

namespace Dispatch.Tests;

/// <summary>What becomes of the ValueTasks that awaited requests are handed out as.</summary>
public sealed class ValueTaskTests
{
    [Fact]
    public void A_second_await_is_refused_with_words_that_help() => OnLoop.Run(async loop =>
    {
        ValueTask<int> nop = loop.ExecuteAsync(IoRequest.Nop());
        await nop;
        InvalidOperationException thrown = await Assert.ThrowsAsync<InvalidOperationException>(async () => await nop);
        Assert.Contains("AsTask", thrown.Message, StringComparison.Ordinal);
    });

    [Fact]
    public void A_second_await_is_refused_also_when_the_object_serves_another_request() => OnLoop.Run(async loop =>
    {
        ValueTask<int> first = loop.ExecuteAsync(IoRequest.Nop());
        await first;
        ValueTask<int> second = loop.ExecuteAsync(IoRequest.Nop());
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await first);
        Assert.Equal(0, await second);
    });

    [Fact]
    public void Two_awaits_at_once_are_refused_with_words_that_help() => OnLoop.Run(async loop =>
    {
        using TestPipe pipe = new();
        ValueTask<int> poll = loop.ExecuteAsync(IoRequest.Poll(pipe.ReadEnd, PollEvents.Readable));
        TaskCompletionSource<int> first = new();
        poll.GetAwaiter().OnCompleted(() => first.SetResult(poll.Result));
        InvalidOperationException thrown = Assert.Throws<InvalidOperationException>(() => poll.GetAwaiter().OnCompleted(() => { }));
        Assert.Contains("AsTask", thrown.Message, StringComparison.Ordinal);
        pipe.Write(1);
        Assert.Equal((int)PollEvents.Readable, await first.Task);
    });

    [Fact]
    public void A_result_that_is_not_there_is_refused_instead_of_blocking_the_loop() => OnLoop.Run(async loop =>
    {
        ValueTask<int> nop = loop.ExecuteAsync(IoRequest.Nop());
        ValueTask delay = loop.DelayAsync(TimeSpan.FromMilliseconds(1));
        ValueTask<int> offload = loop.OffloadAsync(() => 3);
        Assert.Contains("Await it", Assert.Throws<InvalidOperationException>(() => nop.GetAwaiter().GetResult()).Message, StringComparison.Ordinal);
        Assert.Throws<InvalidOperationException>(() => nop.Result);
        Assert.Throws<InvalidOperationException>(() => delay.GetAwaiter().GetResult());
        Assert.Throws<InvalidOperationException>(() => offload.GetAwaiter().GetResult());
        Assert.Equal(0, await nop);
        await delay;
        Assert.Equal(3, await offload);
    });

    [Fact]
    public void A_batch_may_be_awaited_in_any_order() => OnLoop.Run(async loop =>
    {
        Random random = new(42);
        for (int round = 0; round < 50; round++)
        {
            ValueTask<Completion>[] batch = new ValueTask<Completion>[200];
            for (int i = 0; i < batch.Length; i++)
            {
                batch[i] = loop.CompleteAsync(i % 2 == 0 ? IoRequest.Nop() : IoRequest.Close(1_000_000));
            }

            int[] order = [.. Enumerable.Range(0, batch.Length)];
            random.Shuffle(order);
            foreach (int i in order)
            {
                Assert.Equal(i % 2 == 0 ? 0 : -Errno.EBADF, (await batch[i]).Result);
            }
        }
    });

    [Fact]
    public void Forgotten_tasks_leak_no_slot() => OnLoop.Run(async loop =>
    {
        for (int i = 0; i < 100; i++)
        {
            Forget(loop);
            await loop.ExecuteAsync(IoRequest.Nop());
        }

        int slots = SlotsUsed(loop);
        for (int i = 0; i < 1000; i++)
        {
            Forget(loop);
            await loop.ExecuteAsync(IoRequest.Nop());
        }

        Assert.Equal(slots, SlotsUsed(loop));

        static void Forget(EventLoop loop)
        {
            for (int i = 0; i < 10; i++)
            {
                _ = loop.ExecuteAsync(IoRequest.Nop());
            }
        }
    });

    [Fact]
    public void A_forgotten_task_is_collected() => OnLoop.Run(async loop =>
    {
        WeakReference[] forgotten = [.. Enumerable.Range(0, 20).Select(_ => Forget(loop))];
        await loop.ExecuteAsync(IoRequest.Nop());
        await loop.ExecuteAsync(IoRequest.Nop());
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        Assert.True(forgotten.Count(f => f.IsAlive) <= 1, "The table keeps what nobody awaits.");

        [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
        static WeakReference Forget(EventLoop loop)
        {
            loop.Engine.RequestPool.Rent(); // Keeps the pool from handing out one that is pooled elsewhere.
            ValueTask<int> task = loop.ExecuteAsync(IoRequest.Nop());
            return new WeakReference(task.AsTask());
        }
    });

    [Fact]
    public void A_task_that_completed_before_it_was_awaited_still_tells_and_its_object_is_used_again() => OnLoop.Run(async loop =>
    {
        ValueTask<int> early = loop.ExecuteAsync(IoRequest.Nop());
        await loop.ExecuteAsync(IoRequest.Nop());
        Assert.True(early.IsCompletedSuccessfully);
        Assert.Equal(0, await early);
        Assert.Equal(0, await loop.ExecuteAsync(IoRequest.Nop()));
    });

    [Fact]
    public void A_continuation_that_is_registered_after_the_end_runs_in_a_later_turn_and_where_it_asked_to() => OnLoop.Run(async loop =>
    {
        RequestOperation source = loop.Engine.RequestPool.Rent();
        source.Begin(IoRequest.Nop(), default);
        short token = source.Version;
        IValueTaskSource<int> seen = source;
        while (seen.GetStatus(token) == ValueTaskSourceStatus.Pending)
        {
            await Task.Yield();
        }

        List<SynchronizationContext?> contexts = [];
        TaskCompletionSource done = new();
        seen.OnCompleted(
            _ =>
            {
                contexts.Add(SynchronizationContext.Current);
                done.SetResult();
            },
            null,
            token,
            ValueTaskSourceOnCompletedFlags.None);
        Assert.Empty(contexts);
        await done.Task;
        Assert.Equal([null], contexts);
        Assert.Equal(0, seen.GetResult(token));
    });

    private static int SlotsUsed(EventLoop loop)
    {
        WakeOperation probe = new(loop.Engine);
        int index = probe.Index;
        loop.Engine.Table.Remove(probe);
        return index;
    }
}
