namespace Dispatch.Tests;

/// <summary>Whatever keeps a loop busy, the rest has its turn; and every idle strategy comes to it.</summary>
public sealed class FairnessTests
{
    public static TheoryData<string> Strategies => ["park", "spin", "yield", "spin, then park", "own"];

    public static TheoryData<string> Hogs => ["nop", "observed nop", "raw nop", "post", "yield", "delay"];

    [Theory]
    [MemberData(nameof(Strategies))]
    public void Every_idle_strategy_runs_requests_messages_and_timers(string strategy)
    {
        EventLoopOptions options = OnLoop.Small;
        options.Idle = Strategy(strategy);
        OnLoop.Run(
            async loop =>
            {
                using TestPipe pipe = new();
                for (int i = 0; i < 20; i++)
                {
                    await loop.ExecuteAsync(IoRequest.Nop());
                    await loop.DelayAsync(TimeSpan.FromMilliseconds(1));
                    await loop.DelayAsync(TimeSpan.Zero);
                    await Task.Delay(TimeSpan.FromMilliseconds(1), loop.TimeProvider);
                    ValueTask<int> poll = loop.ExecuteAsync(IoRequest.Poll(pipe.ReadEnd, PollEvents.Readable));
                    await Task.Run(() => pipe.Write(1));
                    await poll;
                    pipe.Drain(1);

                    // An earlier timer than the one that is armed.
                    ValueTask longer = loop.DelayAsync(TimeSpan.FromMilliseconds(5));
                    await loop.DelayAsync(TimeSpan.FromMilliseconds(1));
                    await longer;
                }
            },
            options);
    }

    [Theory]
    [MemberData(nameof(Hogs))]
    public void A_consumer_that_never_rests_starves_neither_messages_nor_timers_nor_requests(string hog) => OnLoop.Run(async loop =>
    {
        using CancellationTokenSource stop = new();
        Hog(loop, hog, stop.Token);
        using TestPipe pipe = new();
        for (int i = 0; i < 20; i++)
        {
            await loop.ExecuteAsync(IoRequest.Nop());
            await loop.DelayAsync(TimeSpan.FromMilliseconds(1));
            TaskCompletionSource posted = new();
            ThreadPool.QueueUserWorkItem(_ => loop.Post(posted.SetResult));
            await posted.Task;
            ValueTask<int> poll = loop.ExecuteAsync(IoRequest.Poll(pipe.ReadEnd, PollEvents.Readable));
            pipe.Write(1);
            await poll;
            pipe.Drain(1);
            await loop.OffloadAsync(() => 0);
        }

        stop.Cancel();
    });

    [Fact]
    public void A_turn_delivers_no_more_than_its_budget()
    {
        EventLoopOptions options = OnLoop.Small;
        options.CompletionBudget = 10;
        options.InboxBudget = 5;
        OnLoop.Poll(
            loop =>
            {
                Recorder items = new();
                Many many = new(items);
                for (int i = 0; i < 30; i++)
                {
                    loop.Observe(IoRequest.Nop(), many);
                    loop.Post(() => { });
                }

                loop.Engine.Enter(0, -1);
                Assert.Equal(15, loop.Poll());
                Assert.Equal(10, items.Items.Count);
                OnLoop.Until(loop, () => many.Ended == 30);
            },
            options);
    }

    [Fact]
    public void Strategies_decide_by_empty_turns()
    {
        IdleStrategy strategy = IdleStrategy.SpinThenPark(2, 3);
        Assert.Equal(
            [IdleAction.Spin, IdleAction.Spin, IdleAction.Yield, IdleAction.Yield, IdleAction.Yield, IdleAction.Park, IdleAction.Park],
            Enumerable.Range(1, 7).Select(strategy.Decide));
        Assert.Equal(IdleAction.Spin, IdleStrategy.Spin.Decide(int.MaxValue));
        Assert.Equal(IdleAction.Yield, IdleStrategy.Yield.Decide(int.MaxValue));
        Assert.Equal(IdleAction.Park, IdleStrategy.Park.Decide(1));
        Assert.Throws<ArgumentOutOfRangeException>(() => IdleStrategy.SpinThenPark(-1));
    }

    private static IdleStrategy Strategy(string name) => name switch
    {
        "park" => IdleStrategy.Park,
        "spin" => IdleStrategy.Spin,
        "yield" => IdleStrategy.Yield,
        "spin, then park" => IdleStrategy.SpinThenPark(10, 10),
        _ => new Alternating(),
    };

    private static void Hog(EventLoop loop, string kind, CancellationToken stop)
    {
        switch (kind)
        {
            case "nop":
                _ = Awaiting(() => loop.ExecuteAsync(IoRequest.Nop()));
                _ = Awaiting(() => loop.ExecuteAsync(IoRequest.Nop()));
                break;
            case "observed nop":
                loop.Observe(IoRequest.Nop(), new Repeat(loop, stop));
                break;
            case "raw nop":
                loop.Completions.Subscribe(new Recorder
                {
                    Then = c =>
                    {
                        if (!stop.IsCancellationRequested)
                        {
                            loop.Submit(IoRequest.Nop(), c.Tag);
                        }
                    },
                });
                loop.Submit(IoRequest.Nop(), 1);
                loop.Submit(IoRequest.Nop(), 2);
                break;
            case "post":
                Post();
                break;
            case "yield":
                _ = Yielding();
                break;
            default:
                _ = Awaiting(async () =>
                {
                    await loop.DelayAsync(TimeSpan.Zero);
                    return 0;
                });
                break;
        }

        async Task Awaiting(Func<ValueTask<int>> next)
        {
            while (!stop.IsCancellationRequested)
            {
                await next();
            }
        }

        async Task Yielding()
        {
            while (!stop.IsCancellationRequested)
            {
                await Task.Yield();
            }
        }

        void Post()
        {
            if (!stop.IsCancellationRequested)
            {
                loop.Post(Post);
            }
        }
    }

    private sealed class Alternating : IdleStrategy
    {
        public override IdleAction Decide(int emptyTurns) => (IdleAction)(emptyTurns % 3);
    }

    private sealed class Repeat(EventLoop loop, CancellationToken stop) : IObserver<Completion>
    {
        public void OnCompleted()
        {
        }

        public void OnError(Exception error) => throw error;

        public void OnNext(Completion value)
        {
            if (!stop.IsCancellationRequested)
            {
                loop.Observe(IoRequest.Nop(), this);
            }
        }
    }
}
