using System.Globalization;
using System.Reactive.Concurrency;
using System.Reactive.Linq;
using System.Reactive.Subjects;
using Dispatch.Testing;

namespace Dispatch.Reactive.Tests;

/// <summary>System.Reactive's own operators on a loop of a simulated machine: they obey its time, and the same seed does the same again.</summary>
public sealed class VirtualTimeTests
{
    [Fact]
    public void Interval_ticks_by_virtual_time() => Assert.Equal(
        "1000:0 2000:1 3000:2 3000:end",
        Trace((scheduler, _) => Observable.Interval(Seconds(1), scheduler).Take(3)));

    [Fact]
    public void Throttle_lets_through_what_is_followed_by_silence() => Assert.Equal(
        "20:2 60:3 60:end",
        Trace((scheduler, source) => source([(0, 1), (5, 2), (45, 3)], 60).Throttle(Milliseconds(15), scheduler)));

    [Fact]
    public void Sample_takes_the_latest_at_each_tick() => Assert.Equal(
        "20:2 40:4 60:end",
        Trace((scheduler, source) => source([(5, 1), (15, 2), (25, 3), (35, 4)], 50).Sample(Milliseconds(20), scheduler)));

    [Fact]
    public void Buffer_collects_by_time_and_by_count() => Assert.Equal(
        "15:1+2+3 35:4 45:5 45:end",
        Trace((scheduler, source) => source([(5, 1), (10, 2), (15, 3), (20, 4), (40, 5)], 45).Buffer(Milliseconds(20), 3, scheduler).Where(b => b.Count != 0).Select(b => string.Join('+', b))));

    [Fact]
    public void Timeout_strikes_when_nothing_comes() => Assert.Equal(
        "5:1 12:2 32:TimeoutException",
        Trace((scheduler, source) => source([(5, 1), (12, 2), (90, 3)], 100).Timeout(Milliseconds(20), scheduler)));

    [Fact]
    public void An_absolute_due_time_is_one_of_the_virtual_clock() => Assert.Equal(
        "250:0 250:end",
        Trace((scheduler, _) => Observable.Timer(scheduler.Now + Milliseconds(250), scheduler)));

    [Fact]
    public void Delay_shifts_each_item() => Assert.Equal(
        "105:1 112:2 130:end",
        Trace((scheduler, source) => source([(5, 1), (12, 2)], 30).Delay(Milliseconds(100), scheduler)));

    [Fact]
    public void A_day_of_seconds_takes_no_day()
    {
        int ticks = 0;
        SimulatedKernel.Run(
            1,
            async kernel =>
            {
                EventLoop loop = kernel.CreateLoop();
                TaskCompletionSource done = new();
                await loop.InvokeAsync(() => { Observable.Interval(Seconds(60), loop.AsScheduler()).Take(1000).Subscribe(_ => ticks++, done.SetResult); });
                await done.Task;
                Assert.Equal(60_000, (int)kernel.Elapsed.TotalSeconds);
            },
            new SimulationOptions { Faults = FaultPlan.None });
        Assert.Equal(1000, ticks);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(4711)]
    public void The_same_seed_does_the_same_again_under_faults(long seed)
    {
        SimulationOptions busy = new();
        string first = Run(seed);
        Assert.Equal(first, Run(seed));
        Assert.Contains("end", first, StringComparison.Ordinal);

        string Run(long s) => Trace(
            (scheduler, source) => Observable.Interval(Milliseconds(3), scheduler).Take(40)
                .Merge(source([(5, 1000), (6, 1001), (40, 1002)], 50).Select(i => (long)i))
                .Buffer(Milliseconds(10), scheduler).Select(b => string.Join('+', b)),
            s,
            busy);
    }

    private static TimeSpan Seconds(double count) => TimeSpan.FromSeconds(count);

    private static TimeSpan Milliseconds(double count) => TimeSpan.FromMilliseconds(count);

    /// <summary>Runs a query and writes down at which millisecond of virtual time what came.</summary>
    private static string Trace<T>(Func<LoopScheduler, Func<(int At, int Value)[], int, IObservable<int>>, IObservable<T>> query, long seed = 1, SimulationOptions? options = null)
    {
        List<string> trace = [];
        SimulatedKernel.Run(
            seed,
            async kernel =>
            {
                EventLoop loop = kernel.CreateLoop();
                LoopScheduler scheduler = loop.AsScheduler();
                TaskCompletionSource ended = new();
                await loop.InvokeAsync(() =>
                {
                    TimeSpan begun = kernel.Elapsed;
                    string At() => ((int)(kernel.Elapsed - begun).TotalMilliseconds).ToString(CultureInfo.InvariantCulture);
                    Watcher<T> watcher = new(item => trace.Add($"{At()}:{item}"), loop);
                    query(scheduler, (items, end) => Source(scheduler, items, end)).Finally(() =>
                    {
                        trace.Add($"{At()}:{watcher.Error?.GetType().Name ?? "end"}");
                        Assert.Empty(watcher.Breaches);
                        ended.SetResult();
                    }).Subscribe(watcher);
                });
                await ended.Task;
            },
            options ?? new SimulationOptions { Faults = FaultPlan.None });
        return string.Join(' ', trace);
    }

    /// <summary>Items at given milliseconds.</summary>
    private static Subject<int> Source(LoopScheduler scheduler, (int At, int Value)[] items, int end)
    {
        Subject<int> subject = new();
        foreach ((int at, int value) in items)
        {
            scheduler.Schedule(Milliseconds(at), () => subject.OnNext(value));
        }

        scheduler.Schedule(Milliseconds(end), subject.OnCompleted);
        return subject;
    }
}
