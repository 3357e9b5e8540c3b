using System.Reactive.Concurrency;
using System.Reactive.Disposables;
using System.Reactive.Linq;

namespace Dispatch.Reactive.Tests;

/// <summary>A loop as a scheduler, on this system's kernel.</summary>
public sealed class LoopSchedulerTests
{
    [Fact]
    public void There_is_one_for_each_loop() => TestLoop.Run(one => TestLoop.Run(other =>
    {
        Assert.Same(one.Loop.AsScheduler(), one.Loop.AsScheduler());
        Assert.NotSame(one.Loop.AsScheduler(), other.Loop.AsScheduler());
        Assert.Same(one.Loop, one.Loop.AsScheduler().Loop);
    }));

    [Fact]
    public void It_offers_periods_and_a_stopwatch_and_no_long_running_work() => TestLoop.Run(host =>
    {
        LoopScheduler scheduler = host.Loop.AsScheduler();
        Assert.Same(scheduler, ((IServiceProvider)scheduler).GetService(typeof(ISchedulerPeriodic)));
        Assert.Same(scheduler, ((IServiceProvider)scheduler).GetService(typeof(IStopwatchProvider)));
        Assert.Null(((IServiceProvider)scheduler).GetService(typeof(ISchedulerLongRunning)));
    });

    [Fact]
    public void An_action_never_runs_inside_the_call_that_schedules_it() => TestLoop.Run(host =>
    {
        LoopScheduler scheduler = host.Loop.AsScheduler();
        List<string> order = [];
        scheduler.Schedule(() =>
        {
            order.Add("first begins");
            scheduler.Schedule(() => order.Add("second"));
            order.Add("first ends");
        });
        order.Add("scheduled");
        host.Settle();
        Assert.Equal(["scheduled", "first begins", "first ends", "second"], order);
    });

    [Fact]
    public void A_million_steps_that_schedule_each_other_do_not_overflow_the_stack_and_let_others_in_between() => TestLoop.Run(host =>
    {
        Watcher<int> watcher = new(mustBeOn: host.Loop);
        using IDisposable subscription = Observable.Range(0, 1_000_000, host.Loop.AsScheduler()).Subscribe(watcher);
        int seenByOther = 0;
        host.Loop.Post(() => seenByOther = watcher.Items.Count);
        host.Until(() => watcher.HasEnded);
        Assert.True(watcher.IsCompleted);
        Assert.Equal(1_000_000, watcher.Items.Count);
        Assert.Equal(999_999, watcher.Items[^1]);
        Assert.InRange(seenByOther, 0, 10);
        Assert.Empty(watcher.Breaches);
    });

    [Fact]
    public void Actions_of_another_thread_run_on_the_owner_in_order() => TestLoop.Run(host =>
    {
        LoopScheduler scheduler = host.Loop.AsScheduler();
        List<int> ran = [];
        TestLoop.OnThread(() =>
        {
            for (int i = 0; i < 1000; i++)
            {
                int number = i;
                scheduler.Schedule(() => ran.Add(host.Loop.IsOwner ? number : -1));
            }
        });
        Assert.Empty(ran);
        host.Settle();
        Assert.Equal(Enumerable.Range(0, 1000), ran);
    });

    [Fact]
    public void An_action_scheduled_on_the_owner_wakes_and_posts_to_nobody() => TestLoop.Run(host =>
    {
        LoopScheduler scheduler = host.Loop.AsScheduler();
        bool ran = false;
        scheduler.Schedule(() => ran = true);
        Assert.False(host.Loop.Engine.Inbox.IsSignaled);
        Assert.True(host.Loop.Engine.Posted.HasLocal);
        host.Settle();
        Assert.True(ran);
    });

    [Fact]
    public void What_was_disposed_does_not_run_wherever_it_was_disposed() => TestLoop.Run(host =>
    {
        LoopScheduler scheduler = host.Loop.AsScheduler();
        int ran = 0;
        IDisposable first = scheduler.Schedule(() => ran++);
        IDisposable second = scheduler.Schedule(() => ran++);
        IDisposable timer = scheduler.Schedule(TimeSpan.FromTicks(1), () => ran++);
        IDisposable far = scheduler.Schedule(TimeSpan.FromDays(1), () => ran++);
        first.Dispose();
        timer.Dispose();
        TestLoop.OnThread(() =>
        {
            second.Dispose();
            far.Dispose();
        });
        host.Settle();
        Assert.Equal(0, ran);
        Assert.Equal(0, host.Loop.Engine.Timers.Count);
    });

    [Fact]
    public void Disposing_a_schedule_disposes_what_its_action_returned() => TestLoop.Run(host =>
    {
        BooleanDisposable inner = new();
        IDisposable outer = host.Loop.AsScheduler().Schedule(0, (_, _) => inner);
        host.Settle();
        Assert.False(inner.IsDisposed);
        outer.Dispose();
        Assert.True(inner.IsDisposed);
    });

    [Fact]
    public void An_action_that_throws_goes_to_the_policy_and_hurts_nobody_else() => TestLoop.Run(host =>
    {
        LoopScheduler scheduler = host.Loop.AsScheduler();
        bool other = false;
        scheduler.Schedule(() => throw new InvalidDataException("queued"));
        scheduler.Schedule(() => other = true);
        scheduler.Schedule(TimeSpan.FromTicks(1), () => throw new InvalidDataException("due"));
        int ticks = 0;
        scheduler.SchedulePeriodic(TimeSpan.FromTicks(10), () =>
        {
            ticks++;
            throw new InvalidDataException("periodic");
        });
        host.Until(() => host.Loop.Statistics.UnhandledExceptions == 3);
        Assert.True(other);
        Assert.Equal(0, host.Loop.Engine.Timers.Count);
        Assert.Equal(1, ticks);
        Assert.Equal(["due", "periodic", "queued"], host.TakeFaults().Select(f => f.Message).Order());
    });

    [Fact]
    public void A_stopped_loop_refuses() => TestLoop.OnThread(() =>
    {
        EventLoop loop = EventLoop.Attach();
        LoopScheduler scheduler = loop.AsScheduler();
        loop.Dispose();
        Assert.Throws<ObjectDisposedException>(() => scheduler.Schedule(() => { }));
        Assert.Throws<ObjectDisposedException>(() => scheduler.Schedule(TimeSpan.FromDays(1), () => { }));
        Assert.Throws<ObjectDisposedException>(() => scheduler.SchedulePeriodic(TimeSpan.FromDays(1), () => { }));
    });

    [Fact]
    public void A_query_that_always_schedules_its_next_step_does_not_keep_the_loop_from_ending() => TestLoop.OnThread(() =>
    {
        EventLoop loop = EventLoop.Attach();
        Watcher<int> endless = new();
        Watcher<long> ticks = new();
        Observable.Repeat(1, loop.AsScheduler()).Subscribe(endless);
        Observable.Interval(TimeSpan.Zero, loop.AsScheduler()).Subscribe(ticks);
        while (endless.Items.Count < 10 || ticks.Items.Count < 10)
        {
            loop.Poll();
        }

        int before = endless.Items.Count;
        loop.Dispose();
        Assert.InRange(endless.Items.Count, before, before + 10);
        Assert.False(endless.HasEnded);
    });

    [Fact]
    public void Scheduling_is_done_from_many_threads_at_once_and_every_action_runs_once() => TestLoop.Run(host =>
    {
        LoopScheduler scheduler = host.Loop.AsScheduler();
        const int Each = 5_000;
        int ran = 0;
        int cancelled = 0;
        Thread[] threads = [.. Enumerable.Range(0, 4).Select(seed => new Thread(() =>
        {
            Random random = new(seed);
            for (int i = 0; i < Each; i++)
            {
                int ownRuns = 0;
                IDisposable one = random.Next(2) == 0
                    ? scheduler.Schedule(() => ran += Interlocked.Increment(ref ownRuns) == 1 ? 1 : 1_000_000)
                    : scheduler.Schedule(TimeSpan.FromTicks(random.Next(1, 2000)), () => ran += Interlocked.Increment(ref ownRuns) == 1 ? 1 : 1_000_000);
                if (random.Next(4) == 0)
                {
                    one.Dispose();
                    Interlocked.Increment(ref cancelled);
                }
            }
        }))];
        Array.ForEach(threads, t => t.Start());
        host.Until(() => threads.All(t => !t.IsAlive));
        host.Until(() => host.Loop.Engine.Timers.Count == 0 && !host.Loop.Engine.Posted.HasWork);
        Assert.InRange(ran, (4 * Each) - cancelled, 4 * Each);
    });
}
