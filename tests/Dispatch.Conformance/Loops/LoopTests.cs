namespace Dispatch.Conformance.Loops;

/// <summary>The turn, the park and the owner's thread.</summary>
public sealed class LoopTests : KernelTests
{
    [Theory]
    [EveryKernel]
    [Scenario(Scenarios.ThrowingSubscriber)]
    public void A_subscriber_that_throws_hurts_only_itself(TestedKernel kernel)
    {
        List<Exception> reported = [];
        EventLoopOptions options = Small;
        options.UnhandledException = fault =>
        {
            lock (reported)
            {
                reported.Add(fault.Exception);
            }

            return UnhandledExceptionAction.Continue;
        };
        Poll(
            kernel,
            w =>
            {
                reported.Clear();
                (int readEnd, int writeEnd) = w.Pipe();
                Recorder<Completion> thrower = new(_ => throw new InvalidTimeZoneException("mine"));
                Recorder<Completion> other = new();
                w.Loop.Observe(IoRequest.PollMultishot(readEnd, PollEvents.Readable), thrower);
                w.Loop.Observe(IoRequest.Poll(readEnd, PollEvents.Readable), other);
                Task<int> awaited = w.Loop.ExecuteAsync(IoRequest.Read(readEnd, new byte[1], -1)).AsTask();
                w.Drive(async () => Assert.Equal(2, await w.Do(IoRequest.Write(writeEnd, new byte[2], -1))));
                w.Until(() => other.IsCompleted && awaited.IsCompleted && thrower.Items.Count != 0);
                w.Drive(() => w.Turn(3));
                Assert.Single(thrower.Items);
                Assert.Equal("mine", Assert.IsType<InvalidTimeZoneException>(Assert.Single(reported)).Message);
                w.Drive(() => w.Close(readEnd, writeEnd));
            },
            options);
    }

    [Theory]
    [EveryKernel]
    public void A_poll_subscription_disposed_in_OnNext_gets_nothing_more(TestedKernel kernel) => Poll(kernel, w =>
    {
        (int readEnd, int writeEnd) = w.Pipe();
        IDisposable? subscription = null;
        Recorder<Completion> items = new(_ => subscription!.Dispose());
        subscription = w.Loop.Observe(IoRequest.PollMultishot(readEnd, PollEvents.Readable)).Subscribe(items);
        w.Drive(async () =>
        {
            for (int i = 0; i < 5; i++)
            {
                Assert.Equal(1, await w.Do(IoRequest.Write(writeEnd, new byte[1], -1)));
                await w.Turn();
            }
        });
        w.Until(() => items.Items.Count != 0);
        w.Drive(() => w.Turn(5));
        Assert.Single(items.Items);
        w.Drive(() => w.Close(readEnd, writeEnd));
    });

    [Theory]
    [EveryKernel]
    public void Completions_come_on_the_owner_and_nowhere_else(TestedKernel kernel) => Run(kernel, async w =>
    {
        int owner = Environment.CurrentManagedThreadId;
        (int readEnd, int writeEnd) = w.Pipe();
        Recorder<Completion> items = new();
        OperationHandle poll = w.Loop.Observe(IoRequest.PollMultishot(readEnd, PollEvents.Readable), items);
        int file = await w.Open("f", OpenFlags.ReadWrite | OpenFlags.Create);
        Assert.Equal(owner, Environment.CurrentManagedThreadId);
        Assert.Equal(5, await w.Do(IoRequest.Write(file, new byte[5], 0)));
        Assert.Equal(owner, Environment.CurrentManagedThreadId);
        await WithoutContextAsync();
        Assert.Equal(1, await w.Do(IoRequest.Write(writeEnd, new byte[1], -1)));
        await w.TurnUntil(() => items.Items.Count != 0);
        poll.Cancel();
        await w.TurnUntil(() => items.IsCompleted);
        Assert.Equal([owner], items.Threads);
        await w.Close(file, readEnd, writeEnd);

        async Task WithoutContextAsync()
        {
            await w.Loop.ExecuteAsync(IoRequest.Sync(file)).ConfigureAwait(false);
            Assert.Equal(owner, Environment.CurrentManagedThreadId);
            await w.Loop.DelayAsync(TimeSpan.FromMilliseconds(1)).ConfigureAwait(false);
            Assert.Equal(owner, Environment.CurrentManagedThreadId);
        }
    });

    [Theory]
    [EveryKernel]
    public void An_idle_loop_makes_no_system_calls_when_polled(TestedKernel kernel) => Poll(kernel, w =>
    {
        (int readEnd, int writeEnd) = w.Pipe();
        w.Loop.Submit(IoRequest.Poll(readEnd, PollEvents.Readable), 1);
        w.Loop.Submit(IoRequest.Timeout(TimeSpan.FromHours(1)), 2);
        w.Drive(() => w.Turn(3));
        while (w.Loop.Poll() != 0)
        {
        }

        long enters = w.Loop.Statistics.Enters;
        for (int i = 0; i < 1000; i++)
        {
            Assert.Equal(0, w.Loop.Poll());
            Assert.False(w.Loop.TryTake(out _));
        }

        Assert.Equal(enters, w.Loop.Statistics.Enters);
        w.Loop.CancelAll();
        Assert.All(w.Take(2), c => Assert.Equal(-Errno.ECANCELED, c.Result));
        w.Drive(() => w.Close(readEnd, writeEnd));
    });

    [Theory]
    [EveryKernel]
    [Scenario(Scenarios.PostsRacePark)]
    public void Posts_of_other_threads_that_race_with_the_park_are_all_run_in_each_threads_order(TestedKernel kernel) => Poll(kernel, hasThreads: true, body: w =>
    {
        const int Threads = 3;
        const int Posts = 10_000;
        int[] next = new int[Threads];
        bool inOrder = true;
        EventLoop loop = w.Loop;
        Thread[] threads = [.. Enumerable.Range(0, Threads).Select(t => new Thread(() =>
        {
            for (int i = 0; i < Posts; i++)
            {
                int expected = i;
                loop.Post(() => inOrder &= next[t]++ == expected);
                if (i % 16 == t)
                {
                    Thread.SpinWait(500); // So that the loop finds nothing, now and then, and parks.
                }
            }
        }))];
        Array.ForEach(threads, t => t.Start());
        w.Drive(async () =>
        {
            while (next.Sum() != Threads * Posts)
            {
                await Task.Yield();
                await loop.ExecuteAsync(IoRequest.Nop());
            }
        });
        Array.ForEach(threads, t => t.Join());
        Assert.True(inOrder);
    });

    [Theory]
    [EveryKernel]
    [Scenario(Scenarios.PostsRacePark)]
    public void Posts_of_another_loop_that_race_with_the_park_are_all_run_in_order(TestedKernel kernel) => Run(kernel, async w =>
    {
        EventLoop other = w.Another();
        EventLoop loop = w.Loop;
        int posts = w.Rounds(2000);
        int next = 0;
        bool inOrder = true;
        for (int i = 0; i < posts; i++)
        {
            int expected = i;
            TaskCompletionSource<bool> arrived = new();
            await other.InvokeAsync(() =>
            {
                loop.Post(() =>
                {
                    inOrder &= next++ == expected;
                    arrived.SetResult(true);
                });
            });
            Assert.True(await arrived.Task);
            Assert.Same(loop, EventLoop.Current);
        }

        Assert.True(inOrder);
        Assert.Equal(posts, next);
    });

    [Theory]
    [EveryKernel]
    public void A_post_wakes_a_loop_that_sleeps_for_ever(TestedKernel kernel) => Run(kernel, hasThreads: true, body: async w =>
    {
        for (int i = 0; i < 1000; i++)
        {
            TaskCompletionSource woken = new();
            EventLoop loop = w.Loop;
            _ = Task.Run(() => loop.Post(() => woken.SetResult()));
            await woken.Task;
        }
    });

    [Theory]
    [EveryKernel]
    public void Requests_of_other_threads_are_made_by_the_owner_and_answered_to_them(TestedKernel kernel) => Run(kernel, hasThreads: true, body: async w =>
    {
        EventLoop loop = w.Loop;
        int[] results = await Task.WhenAll(Enumerable.Range(0, 100).Select(i => Task.Run(async () =>
        {
            Assert.NotSame(loop, EventLoop.Current);
            int result = (int)(await loop.CompleteAsync(i % 2 == 0 ? IoRequest.Nop() : IoRequest.Close(1_000_000_000))).Result;
            Assert.NotSame(loop, EventLoop.Current);
            return result;
        })));
        Assert.Equal(Enumerable.Range(0, 100).Select(i => i % 2 == 0 ? 0 : -Errno.EBADF), results);
    });

    [Theory]
    [EveryKernel]
    [Scenario(Scenarios.Collector)]
    public void Reads_into_arrays_are_right_while_the_heap_is_compacted(TestedKernel kernel) => Run(kernel, async w =>
    {
        const int Block = 512;
        const int Blocks = 32;
        byte[] content = World.Pattern(Block * Blocks, w.Seed);
        await w.File("f", content);
        int file = await w.Open("f", OpenFlags.ReadOnly);
        (int readEnd, int writeEnd) = w.Pipe();
        for (int round = 0; round < w.Rounds(30); round++)
        {
            Task<byte[]> slow = SlowAsync();
            byte[][] garbage = new byte[Blocks][];
            Task[] all = new Task[Blocks];
            for (int i = 0; i < Blocks; i++)
            {
                garbage[i] = new byte[Block]; // Holes for the compaction to close.
                all[i] = ReadAsync(i);
            }

            garbage = [];
            await w.Turn();
            if (round % 4 == 0)
            {
                GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: true, compacting: true);
            }
            else
            {
                GC.Collect(0);
            }

            await Task.WhenAll(all);
            Assert.Equal(3, await w.Do(IoRequest.Write(writeEnd, new byte[] { (byte)round, 2, 3 }, -1)));
            Assert.Equal([(byte)round, 2, 3], await slow);
        }

        await w.Close(file, readEnd, writeEnd);

        async Task<byte[]> SlowAsync()
        {
            byte[] buffer = new byte[3];
            Assert.Equal(3, await w.Do(IoRequest.Read(readEnd, buffer, -1)));
            return buffer;
        }

        async Task ReadAsync(int block)
        {
            byte[] first = new byte[Block / 2];
            byte[] second = new byte[Block / 2];
            Assert.Equal(Block, await w.Do(IoRequest.ReadVector(file, new Memory<byte>[] { first, second }, block * Block)));
            Assert.True(content.AsSpan(block * Block, Block / 2).SequenceEqual(first));
            Assert.True(content.AsSpan((block * Block) + (Block / 2), Block / 2).SequenceEqual(second));
        }
    });
}
