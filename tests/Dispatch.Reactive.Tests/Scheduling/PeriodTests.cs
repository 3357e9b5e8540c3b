using System.Reactive.Concurrency;
using Microsoft.Extensions.Time.Testing;

namespace Dispatch.Reactive.Tests;

/// <summary>Periodic work on a clock that the test moves.</summary>
public sealed class PeriodTests
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(10);

    [Fact]
    public void It_does_not_drift_when_the_action_takes_longer_than_the_period()
    {
        FakeTimeProvider clock = new();
        TestLoop.Run(
            host =>
            {
                DateTimeOffset start = clock.GetUtcNow();
                List<double> at = [];
                using IDisposable ticks = host.Loop.AsScheduler().SchedulePeriodic(Period, () =>
                {
                    at.Add((clock.GetUtcNow() - start).TotalMilliseconds);
                    if (at.Count == 2)
                    {
                        clock.Advance(Period * 3.5); // As an action that takes so long.
                    }
                });
                for (int i = 0; i < 10; i++)
                {
                    clock.Advance(Period);
                    host.Settle();
                }

                // The two that came due while the second ran are made up for at once, and then it is on time again.
                Assert.Equal([10, 20, 55, 55, 55, 65, 75, 85, 95, 105, 115, 125, 135], at);
                Assert.Equal((int)((clock.GetUtcNow() - start) / Period), at.Count);
            },
            options => options.TimeProvider = clock);
    }

    [Fact]
    public void What_it_missed_is_made_up_for_one_a_turn_and_never_inside_itself()
    {
        FakeTimeProvider clock = new();
        TestLoop.Run(
            host =>
            {
                int running = 0;
                int ticks = 0;
                using IDisposable periodic = host.Loop.AsScheduler().SchedulePeriodic(0, Period, count =>
                {
                    Assert.Equal(0, running++);
                    ticks++;
                    running--;
                    return count + 1;
                });
                host.Settle();
                clock.Advance(Period * 5);
                int inOneTurn = 0;
                while (ticks < 5)
                {
                    int before = ticks;
                    host.Loop.Poll();
                    inOneTurn = Math.Max(inOneTurn, ticks - before);
                }

                Assert.Equal(1, inOneTurn);
            },
            options => options.TimeProvider = clock);
    }

    [Fact]
    public void It_ends_when_it_is_disposed_inside_itself()
    {
        FakeTimeProvider clock = new();
        TestLoop.Run(
            host =>
            {
                IDisposable? periodic = null;
                int ticks = 0;
                periodic = host.Loop.AsScheduler().SchedulePeriodic(Period, () =>
                {
                    if (++ticks == 3)
                    {
                        periodic!.Dispose();
                    }
                });
                for (int i = 0; i < 10; i++)
                {
                    clock.Advance(Period);
                    host.Settle();
                }

                Assert.Equal(3, ticks);
                Assert.Equal(0, host.Loop.Engine.Timers.Count);
            },
            options => options.TimeProvider = clock);
    }

    [Fact]
    public void Its_state_goes_from_one_run_to_the_next()
    {
        FakeTimeProvider clock = new();
        TestLoop.Run(
            host =>
            {
                List<int> states = [];
                using IDisposable periodic = host.Loop.AsScheduler().SchedulePeriodic(1, Period, state =>
                {
                    states.Add(state);
                    return state * 2;
                });
                for (int i = 0; i < 4; i++)
                {
                    clock.Advance(Period);
                    host.Settle();
                }

                Assert.Equal([1, 2, 4, 8], states);
            },
            options => options.TimeProvider = clock);
    }

    [Fact]
    public void A_negative_period_is_refused() => TestLoop.Run(host =>
        Assert.Throws<ArgumentOutOfRangeException>(() => host.Loop.AsScheduler().SchedulePeriodic(TimeSpan.FromTicks(-1), () => { })));

    [Fact]
    public void The_stopwatch_and_the_time_are_the_clocks_of_the_loop()
    {
        FakeTimeProvider clock = new();
        TestLoop.Run(
            host =>
            {
                LoopScheduler scheduler = host.Loop.AsScheduler();
                IStopwatch watch = scheduler.StartStopwatch();
                clock.Advance(TimeSpan.FromHours(3));
                Assert.Equal(TimeSpan.FromHours(3), watch.Elapsed);
                Assert.Equal(clock.GetUtcNow(), scheduler.Now);
            },
            options => options.TimeProvider = clock);
    }
}
