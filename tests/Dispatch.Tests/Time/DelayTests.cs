using System.Diagnostics;

namespace Dispatch.Tests;

/// <summary>Delays and timers by the loop's own clock.</summary>
public sealed class DelayTests
{
    [Fact]
    public void A_delay_ends_on_the_owner_and_not_before_its_time() => OnLoop.Run(async loop =>
    {
        for (int milliseconds = 0; milliseconds <= 20; milliseconds += 5)
        {
            long start = Stopwatch.GetTimestamp();
            await loop.DelayAsync(TimeSpan.FromMilliseconds(milliseconds));
            Assert.True(Stopwatch.GetElapsedTime(start) >= TimeSpan.FromMilliseconds(milliseconds));
            Assert.Same(loop, EventLoop.Current);
        }
    });

    [Fact]
    public void A_delay_costs_no_request() => OnLoop.Run(async loop =>
    {
        ValueTask delay = loop.DelayAsync(TimeSpan.FromMilliseconds(5));
        await loop.ExecuteAsync(IoRequest.Nop());
        Assert.Equal(1, loop.Statistics.InFlight);
        await delay;
    });

    [Fact]
    public void A_cancelled_delay_ends_early_with_its_token() => OnLoop.Run(async loop =>
    {
        using CancellationTokenSource source = new();
        ValueTask delay = loop.DelayAsync(TimeSpan.FromHours(1), source.Token);
        source.Cancel();
        OperationCanceledException thrown = await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await delay);
        Assert.Equal(source.Token, thrown.CancellationToken);
        Assert.True(loop.DelayAsync(TimeSpan.FromHours(1), source.Token).IsCanceled);
        Assert.Equal(0, loop.Engine.Timers.Count);
    });

    [Fact]
    public void A_negative_delay_is_refused() => OnLoop.Poll(loop =>
        Assert.Throws<ArgumentOutOfRangeException>(() => { _ = loop.DelayAsync(TimeSpan.FromTicks(-1)); }));

    [Fact]
    public void A_delay_longer_than_any_clock_does_not_end_at_once() => OnLoop.Run(async loop =>
    {
        using CancellationTokenSource source = new();
        Task[] endless =
        [
            loop.DelayAsync(TimeSpan.MaxValue, source.Token).AsTask(),
            loop.DelayAsync(TimeSpan.FromDays(106_000), source.Token).AsTask(),
            loop.DelayAsync(TimeSpan.FromDays(10_000), source.Token).AsTask(),
        ];
        await loop.DelayAsync(TimeSpan.FromMilliseconds(5));
        await loop.DelayAsync(TimeSpan.FromMilliseconds(5));
        Assert.All(endless, d => Assert.False(d.IsCompleted));
        source.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Task.WhenAll(endless));
    });

    [Fact]
    public void Delays_end_in_the_order_of_their_times_whatever_the_order_of_their_starts() => OnLoop.Run(async loop =>
    {
        List<int> order = [];
        int[] times = [30, 10, 20, 5, 25, 15];
        await Task.WhenAll(times.Select(async t =>
        {
            await loop.DelayAsync(TimeSpan.FromMilliseconds(t));
            order.Add(t);
        }));
        Assert.Equal(times.Order(), order);
    });

    [Fact]
    public void A_polling_loop_is_told_of_an_earlier_timer_than_the_one_it_armed() => OnLoop.Poll(loop =>
    {
        int fired = 0;
        using ITimer late = loop.TimeProvider.CreateTimer(_ => fired += 100, null, TimeSpan.FromHours(1), Timeout.InfiniteTimeSpan);
        loop.Poll();
        loop.Poll();
        using ITimer early = loop.TimeProvider.CreateTimer(_ => fired++, null, TimeSpan.FromMilliseconds(2), Timeout.InfiniteTimeSpan);
        OnLoop.Until(loop, () => fired == 1);
        using ITimer next = loop.TimeProvider.CreateTimer(_ => fired++, null, TimeSpan.FromMilliseconds(2), Timeout.InfiniteTimeSpan);
        OnLoop.Until(loop, () => fired == 2);
    });

    [Fact]
    public void A_periodic_timer_fires_on_the_owner_until_it_is_disposed() => OnLoop.Poll(loop =>
    {
        int fired = 0;
        int thread = 0;
        ITimer timer = loop.TimeProvider.CreateTimer(
            s =>
            {
                Assert.Equal("state", s);
                fired++;
                thread = Environment.CurrentManagedThreadId;
            },
            "state",
            TimeSpan.Zero,
            TimeSpan.FromMilliseconds(1));
        OnLoop.Until(loop, () => fired == 5);
        Assert.Equal(Environment.CurrentManagedThreadId, thread);
        timer.Dispose();
        timer.Dispose();
        Assert.False(timer.Change(TimeSpan.Zero, Timeout.InfiniteTimeSpan));
        OnlyOthersFire(loop);
        Assert.Equal(5, fired);
    });

    [Fact]
    public void A_timer_may_be_disposed_in_its_own_callback_and_in_anothers() => OnLoop.Poll(loop =>
    {
        int first = 0;
        int second = 0;
        ITimer? one = null;
        ITimer? two = null;
        one = loop.TimeProvider.CreateTimer(
            _ =>
            {
                first++;
                one!.Dispose();
                two!.Dispose();
            },
            null,
            Timeout.InfiniteTimeSpan,
            Timeout.InfiniteTimeSpan);
        two = loop.TimeProvider.CreateTimer(_ => second++, null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        one.Change(TimeSpan.Zero, TimeSpan.FromTicks(1));
        two.Change(TimeSpan.Zero, TimeSpan.FromTicks(1));
        OnLoop.Until(loop, () => first == 1);
        OnlyOthersFire(loop);
        Assert.Equal((1, 0), (first, second));
        Assert.Equal(0, loop.Engine.Timers.Count);
    });

    [Fact]
    public void A_timer_may_be_changed_in_its_own_callback() => OnLoop.Poll(loop =>
    {
        int fired = 0;
        ITimer? timer = null;
        timer = loop.TimeProvider.CreateTimer(
            _ =>
            {
                if (++fired == 3)
                {
                    timer!.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
                }
            },
            null,
            Timeout.InfiniteTimeSpan,
            Timeout.InfiniteTimeSpan);
        timer.Change(TimeSpan.Zero, TimeSpan.FromTicks(1));
        OnLoop.Until(loop, () => fired == 3);
        OnlyOthersFire(loop);
        Assert.Equal(3, fired);
        timer.Change(TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        OnLoop.Until(loop, () => fired == 4);
        timer.Dispose();
    });

    [Fact]
    public async Task A_timer_works_from_any_thread_and_calls_back_on_the_owner()
    {
        await using Dispatcher dispatcher = Dispatcher.Create(new DispatcherOptions { Kernel = TestKernel.Kind, LoopCount = 1, SubmissionEntries = 64, CompletionEntries = 256 });
        EventLoop loop = dispatcher.Loops[0];
        SemaphoreSlim fired = new(0);
        EventLoop? on = null;
        ITimer timer = loop.TimeProvider.CreateTimer(
            _ =>
            {
                on = EventLoop.Current;
                fired.Release();
            },
            null,
            TimeSpan.FromMilliseconds(1),
            Timeout.InfiniteTimeSpan);
        Assert.True(await fired.WaitAsync(OnLoop.Guard));
        Assert.Same(loop, on);
        Assert.True(timer.Change(TimeSpan.FromMilliseconds(1), Timeout.InfiniteTimeSpan));
        Assert.True(await fired.WaitAsync(OnLoop.Guard));
        await timer.DisposeAsync();
        await loop.InvokeAsync(() => { });
        Assert.Equal(0, loop.Engine.Timers.Count);
        using PeriodicTimer periodic = new(TimeSpan.FromMilliseconds(1), loop.TimeProvider);
        Assert.True(await periodic.WaitForNextTickAsync());
        Assert.True(await periodic.WaitForNextTickAsync());
        using CancellationTokenSource source = new(TimeSpan.FromMilliseconds(1), loop.TimeProvider);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Task.Delay(OnLoop.Guard, source.Token));
    }

    [Fact]
    public void A_throwing_timer_hurts_no_other_and_a_periodic_one_goes_on()
    {
        int faults = 0;
        EventLoopOptions options = OnLoop.Small;
        options.UnhandledException = _ =>
        {
            faults++;
            return UnhandledExceptionAction.Continue;
        };
        OnLoop.Poll(
            loop =>
            {
                int good = 0;
                using ITimer bad = loop.TimeProvider.CreateTimer(_ => throw new InvalidOperationException(), null, TimeSpan.Zero, TimeSpan.FromMilliseconds(1));
                using ITimer other = loop.TimeProvider.CreateTimer(_ => good++, null, TimeSpan.Zero, TimeSpan.FromMilliseconds(1));
                OnLoop.Until(loop, () => faults >= 3 && good >= 3);
            },
            options);
    }

    /// <summary>Lets other timers fire, for long enough that a wrong one would have.</summary>
    private static void OnlyOthersFire(EventLoop loop)
    {
        int others = 0;
        for (int i = 1; i <= 5; i++)
        {
            using ITimer other = loop.TimeProvider.CreateTimer(_ => others++, null, TimeSpan.FromMilliseconds(2), Timeout.InfiniteTimeSpan);
            OnLoop.Until(loop, () => others == i);
        }
    }
}
