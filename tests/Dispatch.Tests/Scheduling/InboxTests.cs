namespace Dispatch.Tests;

/// <summary>Messages from other threads: none is lost, order per producer is kept, and a parked loop is woken.</summary>
public sealed class InboxTests
{
    private const int Producers = 8;

    public static TheoryData<string, int> Strategies => new()
    {
        { "park", 10_000_000 },
        { "spin", 1_000_000 },
        { "yield", 1_000_000 },
        { "spin, then park", 1_000_000 },
    };

    [Theory]
    [MemberData(nameof(Strategies))]
    public async Task Messages_of_eight_producers_all_arrive_in_each_ones_order(string strategy, int count)
    {
        await using Dispatcher dispatcher = One(strategy);
        EventLoop loop = dispatcher.Loops[0];
        int each = count / Producers;
        Sink[] sinks = [.. Enumerable.Range(0, Producers).Select(_ => new Sink(loop))];
        Thread[] threads = [.. sinks.Select(sink => new Thread(() =>
        {
            for (int i = 0; i < each; i++)
            {
                // Batches against a loop that has gone to sleep meanwhile, and single ones.
                loop.Engine.Posted.Post(static (s, n) => ((Sink)s!).Take(n), sink, i);
                while (loop.Engine.Inbox.Count > 100_000)
                {
                    Thread.Yield(); // Bounds the memory of the test, not the inbox.
                }
            }
        }))];
        Array.ForEach(threads, t => t.UnsafeStart());
        Array.ForEach(threads, t => Assert.True(t.Join(OnLoop.Guard)));
        await loop.InvokeAsync(() => { }).WaitAsync(OnLoop.Guard);

        Assert.All(sinks, s => Assert.Equal((each, 0, 0), (s.Received, s.OutOfOrder, s.OffOwner)));
    }

    [Fact]
    public async Task A_parked_loop_is_woken_by_every_single_message()
    {
        await using Dispatcher dispatcher = One("park");
        EventLoop loop = dispatcher.Loops[0];
        for (int i = 0; i < 50_000; i++)
        {
            await loop.InvokeAsync(() => { }).WaitAsync(OnLoop.Guard);
        }
    }

    [Fact]
    public async Task Two_loops_that_wake_each_other_never_both_sleep()
    {
        await using Dispatcher dispatcher = Dispatcher.Create(new DispatcherOptions { Kernel = TestKernel.Kind, LoopCount = 2, SubmissionEntries = 64, CompletionEntries = 256 });
        EventLoop[] loops = [.. dispatcher.Loops];
        TaskCompletionSource done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Pass(loops[0], 100_000);
        await done.Task.WaitAsync(OnLoop.Guard);

        void Pass(EventLoop to, int left) => to.Post(() =>
        {
            if (left == 0)
            {
                done.SetResult();
            }
            else
            {
                Pass(ReferenceEquals(to, loops[0]) ? loops[1] : loops[0], left - 1);
            }
        });
    }

    [Fact]
    public async Task A_loop_that_runs_is_not_woken()
    {
        await using Dispatcher dispatcher = One("spin");
        EventLoop loop = dispatcher.Loops[0];
        long before = loop.Statistics.Wakes;
        for (int i = 0; i < 1000; i++)
        {
            await loop.InvokeAsync(() => { });
        }

        Assert.Equal(before, loop.Statistics.Wakes);
        Assert.Equal(0, loop.Statistics.Parks);
    }

    [Fact]
    public async Task A_parked_loop_that_is_left_alone_makes_no_system_call()
    {
        await using Dispatcher dispatcher = One("park");
        EventLoop loop = dispatcher.Loops[0];
        await loop.InvokeAsync(() => { });
        OnLoop.Await(
            () =>
            {
                long enters = loop.Statistics.Enters;
                Thread.Yield();
                return enters == loop.Statistics.Enters && loop.Statistics.Parks > 0;
            },
            "Its sleep");
        long before = loop.Statistics.Enters;
        await Task.Delay(200); // Time for a loop that does not sleep to show it; one that sleeps passes whatever the machine does.
        Assert.Equal(before, loop.Statistics.Enters);
    }

    [Fact]
    public async Task Posting_to_a_loop_that_has_stopped_throws()
    {
        Dispatcher dispatcher = One("park");
        await dispatcher.DisposeAsync();
        Assert.Throws<ObjectDisposedException>(() => dispatcher.Loops[0].Post(() => { }));
    }

    [Fact]
    public async Task Posts_that_race_with_the_end_either_throw_or_run()
    {
        for (int round = 0; round < 50; round++)
        {
            Dispatcher dispatcher = One("park");
            EventLoop loop = dispatcher.Loops[0];
            int accepted = 0;
            int ran = 0;
            Thread[] threads = [.. Enumerable.Range(0, 4).Select(_ => new Thread(() =>
            {
                try
                {
                    while (true)
                    {
                        loop.Post(() => Interlocked.Increment(ref ran));
                        Interlocked.Increment(ref accepted);
                    }
                }
                catch (ObjectDisposedException)
                {
                    // It has ended: what was accepted until now is to run.
                }
            }))];
            Array.ForEach(threads, t => t.Start());
            await dispatcher.DrainAsync(TimeSpan.Zero);
            Array.ForEach(threads, t => Assert.True(t.Join(OnLoop.Guard)));
            OnLoop.Await(() => Volatile.Read(ref ran) == accepted, "The rest of what was posted");
        }
    }

    [Fact]
    public void Posting_from_the_owner_to_itself_runs_in_a_later_turn() => OnLoop.Poll(loop =>
    {
        bool inside = false;
        bool nested = false;
        bool ran = false;
        loop.Post(() =>
        {
            inside = true;
            loop.Post(() =>
            {
                nested = inside;
                ran = true;
            });
            inside = false;
        });
        OnLoop.Until(loop, () => ran);
        Assert.False(nested);
    });

    private static Dispatcher One(string strategy) => Dispatcher.Create(new DispatcherOptions
    {
        Kernel = TestKernel.Kind,
        LoopCount = 1,
        SubmissionEntries = 64,
        CompletionEntries = 256,
        Idle = strategy switch
        {
            "park" => IdleStrategy.Park,
            "spin" => IdleStrategy.Spin,
            "yield" => IdleStrategy.Yield,
            _ => IdleStrategy.SpinThenPark(20, 5),
        },
    });

    private sealed class Sink(EventLoop loop)
    {
        public int Received { get; private set; }

        public int OutOfOrder { get; private set; }

        public int OffOwner { get; private set; }

        public void Take(long n)
        {
            OutOfOrder += n == Received ? 0 : 1;
            OffOwner += loop.IsOwner ? 0 : 1;
            Received++;
        }
    }
}
