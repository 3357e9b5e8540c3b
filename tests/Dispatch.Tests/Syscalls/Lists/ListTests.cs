namespace Dispatch.Tests;

/// <summary>Lists of requests: who waits for them, and how.</summary>
public sealed class ListTests
{
    private const int Count = 64;

    [Fact]
    public Task A_list_of_nops_is_waited_for_by_another_thread() => LoopHost.Beside(loop =>
    {
        using RequestList list = Nops(Count);
        loop.Submit(list);
        list.WaitAll();

        Assert.True(list.IsCompleted);
        Assert.All(list, e => Assert.Equal((true, 0L), (e.IsCompleted, e.Result)));
        Assert.Equal(Enumerable.Range(0, Count), Enumerable.Range(0, Count).Select(list.EndedAt).Order());
        return Task.CompletedTask;
    });

    [Fact]
    public Task An_entry_is_waited_for_by_itself_and_the_word_holds_its_result() => LoopHost.Beside(loop =>
    {
        using TestPipe pipe = new();
        byte[] buffer = new byte[8];
        using RequestList list = new() { IoRequest.Read(pipe.ReadEnd, buffer, -1), IoRequest.Close(1_000_000) };
        loop.Submit(list);

        Assert.Equal(-Errno.EBADF, list[1].Wait());
        Assert.False(list[0].Wait(TimeSpan.Zero));
        Assert.Equal(int.MinValue, WordOf(list[0]));
        Assert.Equal(-Errno.EBADF, WordOf(list[1]));
        Assert.Equal(1, list.WaitAny());
        Assert.False(list.WaitAll(TimeSpan.Zero));
        Assert.Equal(-1, list.WaitCount(2, TimeSpan.FromMilliseconds(1)) ? 0 : -1);

        pipe.Write([1, 2, 3]);
        Assert.Equal(3, list[0].Wait());
        Assert.Equal(3, WordOf(list[0]));
        list.WaitAll();
        Assert.Equal((1, 0), (list.EndedAt(0), list.EndedAt(1)));
        return Task.CompletedTask;
    });

    [Fact]
    public Task Sleepers_on_an_entry_on_any_and_on_all_are_woken_each_for_their_own() => LoopHost.Beside(loop =>
    {
        using TestPipe first = new();
        using TestPipe second = new();
        using RequestList list = new() { IoRequest.Read(first.ReadEnd, new byte[8], -1), IoRequest.Read(second.ReadEnd, new byte[8], -1) };
        loop.Submit(list);
        Task<int> one = Sleep(() => list[1].Wait());
        Task<int> any = Sleep(() => list.WaitAny());
        Task<int> all = Sleep(() => list.WaitAll(TimeSpan.FromHours(1)) ? 1 : 0);
        OnLoop.Await(() => SleepersOf(list[1]) == 1 && HeadOf(list, 1) == 1 && HeadOf(list, 2) == 1, "Three sleepers");

        first.Write([1]);
        Assert.Equal(0, any.Result);
        Assert.False(one.IsCompleted);
        Assert.False(all.IsCompleted);
        Assert.Equal(1, HeadOf(list, 0));

        second.Write([1, 2]);
        Assert.Equal(2, one.Result);
        Assert.Equal(1, all.Result);
        Assert.Equal((0, 0, 0, 0), (HeadOf(list, 0), HeadOf(list, 1), HeadOf(list, 2), SleepersOf(list[1])));
        return Task.CompletedTask;
    });

    [Fact]
    public void Many_runs_submitted_by_another_thread_as_soon_as_the_last_word_fell_lose_nothing() => OnLoop.OnThread(() => LoopHost.Beside(loop =>
    {
        using RequestList list = Nops(3);
        for (int run = 0; run < 20_000; run++)
        {
            loop.Submit(list);
            switch (run % 3)
            {
                case 0:
                    list.WaitAll();
                    break;
                case 1:
                    Assert.True(list.WaitCount(3, OnLoop.Guard));
                    break;
                default:
                    for (int i = 0; i < 3; i++)
                    {
                        Assert.Equal(0, list[i].Wait());
                    }

                    break;
            }

            Assert.Equal(3, list.EndedCount);
        }

        return Task.CompletedTask;
    }).GetAwaiter().GetResult());

    [Fact]
    public void A_list_is_awaited_on_its_loop_again_and_again_without_allocating() => OnLoop.Run(async loop =>
    {
        using RequestList list = Nops(Count);
        bool failed = false;
        await Work(100);
        long before = GC.GetAllocatedBytesForCurrentThread();
        await Work(10_000);

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1024); // The state machine of Work itself, once.
        Assert.False(failed);

        async ValueTask Work(int runs)
        {
            for (int i = 0; i < runs; i++)
            {
                loop.Submit(list);
                Completion last = await list[Count - 1].WaitAsync();
                await list.WhenAllAsync();
                failed |= last.Result != 0 || list.EndedCount != Count;
            }
        }
    });

    [Fact]
    public void A_list_with_memory_and_chains_is_submitted_again_without_allocating() => OnLoop.Run(async loop =>
    {
        using TestPipe pipe = new();
        byte[] data = GC.AllocateArray<byte>(16, pinned: true);
        using RequestList list = new() { IoRequest.Write(pipe.WriteEnd, data, -1).Link(), IoRequest.Read(pipe.ReadEnd, data, -1), IoRequest.Nop().HardLink(), IoRequest.Nop() };
        bool failed = false;
        await Work(100);
        long before = GC.GetAllocatedBytesForCurrentThread();
        await Work(1000);

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1024);
        Assert.False(failed);

        async ValueTask Work(int runs)
        {
            for (int i = 0; i < runs; i++)
            {
                loop.Submit(list);
                await list.WhenAllAsync();
                failed |= list[0].Result != 16 || list[1].Result != 16;
            }
        }
    });

    [Fact]
    public Task A_foreign_thread_awaits_a_list_and_its_entries() => LoopHost.Beside(async loop =>
    {
        using TestPipe pipe = new();
        using RequestList list = new() { IoRequest.Read(pipe.ReadEnd, new byte[8], -1), IoRequest.Nop() };
        loop.Submit(list);
        Assert.Equal(0, (await list[1].WaitAsync()).Result);
        ValueTask whole = list.WhenAllAsync();
        ValueTask<Completion> first = list[0].WaitAsync();
        Assert.False(whole.IsCompleted);
        pipe.Write([7]);
        Assert.Equal(1, (await first).Result);
        await whole;
        Assert.True(list.IsCompleted);
    });

    [Fact]
    public Task A_poll_sees_each_entry_end() => LoopHost.Beside(loop =>
    {
        using RequestList list = Nops(8);
        Assert.False(list[3].IsCompleted);
        loop.Submit(list);
        OnLoop.Await(() => list.All(e => e.IsCompleted), "The end of all entries");
        Assert.All(list, e => Assert.Equal(new Completion(0, 0, CompletionFlags.None), e.Completion));
        return Task.CompletedTask;
    });

    [Fact]
    public void More_requests_than_the_rings_queue_holds_all_end() => OnLoop.Run(async loop =>
    {
        using RequestList list = Nops(10_000);
        loop.Submit(list);
        await list.WhenAllAsync();
        Assert.All(list, e => Assert.Equal(0, e.Result));
    });

    [Fact]
    public Task A_list_goes_from_one_loop_to_another() => LoopHost.Around(
        host =>
        {
            using RequestList list = Nops(5);
            for (int i = 0; i < 20; i++)
            {
                host.Dispatcher.Loops[i % 2].Submit(list);
                list.WaitAll();
            }

            return Task.CompletedTask;
        },
        loops: 2,
        null);

    [Fact]
    public Task Cancelling_an_entry_ends_it_and_no_other() => LoopHost.Beside(loop =>
    {
        using TestPipe pipe = new();
        using RequestList list = new() { IoRequest.Read(pipe.ReadEnd, new byte[8], -1), IoRequest.Read(pipe.ReadEnd, new byte[8], -1) };
        loop.Submit(list);
        list[0].Cancel();
        Assert.Equal(-Errno.ECANCELED, list[0].Wait());
        Assert.False(list[1].IsCompleted);
        list.Cancel();
        Assert.Equal(-Errno.ECANCELED, list[1].Wait());
        return Task.CompletedTask;
    });

    [Fact]
    public Task A_cancel_that_comes_after_its_run_does_not_reach_the_next() => LoopHost.Beside(
        async loop =>
        {
            using TestPipe pipe = new();
            using RequestList list = new() { IoRequest.Read(pipe.ReadEnd, new byte[8], -1) };
            Task twice = loop.InvokeAsync(async () =>
            {
                loop.Submit(list);
                await list[0].WaitAsync();
                loop.Submit(list);
            });
            OnLoop.Await(() => HeadOf(list, 0) == 1, "The first run");

            // The cancel is posted while the loop is busy with what ends the first run, and is taken in a later turn: when the second run is on its way already.
            using ManualResetEventSlim busy = new();
            using ManualResetEventSlim cancelled = new();
            loop.Post(() =>
            {
                busy.Set();
                cancelled.Wait();
                pipe.Write([1]);
            });
            busy.Wait();
            list[0].Cancel();
            cancelled.Set();

            await twice;
            for (int i = 0; i < 10; i++)
            {
                await loop.ExecuteAsync(IoRequest.Nop());
            }

            Assert.False(list[0].IsCompleted);
            pipe.Write([1, 2]);
            Assert.Equal(2, list[0].Wait());
        },
        options => options.InboxBudget = 1);

    internal static RequestList Nops(int count)
    {
        RequestList list = new();
        for (int i = 0; i < count; i++)
        {
            list.Add(IoRequest.Nop());
        }

        return list;
    }

    internal static Task<int> Sleep(Func<int> wait) => Task.Factory.StartNew(wait, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    internal static unsafe int WordOf(RequestListEntry entry) => Volatile.Read(ref *(int*)entry.WordAddress);

    internal static unsafe int SleepersOf(RequestListEntry entry) => Volatile.Read(ref ((int*)entry.WordAddress)[1]);

    internal static unsafe int HeadOf(RequestList list, int place) => Volatile.Read(ref ((int*)list.WordsAddress)[place]);
}
