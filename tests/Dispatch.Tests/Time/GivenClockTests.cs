using Microsoft.Extensions.Time.Testing;

namespace Dispatch.Tests;

/// <summary>A loop whose clock the user gave: virtual time.</summary>
public sealed class GivenClockTests
{
    private readonly FakeTimeProvider clock = new();

    [Fact]
    public void Delays_end_when_the_clock_is_advanced_and_not_before() => OnLoop.Poll(
        loop =>
        {
            Task hour = loop.DelayAsync(TimeSpan.FromHours(1)).AsTask();
            Task minute = loop.DelayAsync(TimeSpan.FromMinutes(1)).AsTask();
            Settle(loop);
            Assert.False(minute.IsCompleted);
            clock.Advance(TimeSpan.FromMinutes(1) - TimeSpan.FromTicks(1));
            Settle(loop);
            Assert.False(minute.IsCompleted);
            clock.Advance(TimeSpan.FromTicks(1));
            Settle(loop);
            Assert.True(minute.IsCompleted);
            Assert.False(hour.IsCompleted);
            clock.Advance(TimeSpan.FromMinutes(59));
            Settle(loop);
            Assert.True(hour.IsCompleted);
        },
        Options());

    [Fact]
    public void An_earlier_timer_that_comes_later_is_announced() => OnLoop.Poll(
        loop =>
        {
            Task hour = loop.DelayAsync(TimeSpan.FromHours(1)).AsTask();
            Settle(loop);
            Task second = loop.DelayAsync(TimeSpan.FromSeconds(1)).AsTask();
            Settle(loop);
            clock.Advance(TimeSpan.FromSeconds(1));
            Settle(loop);
            Assert.True(second.IsCompleted);
            Assert.False(hour.IsCompleted);
            clock.Advance(TimeSpan.FromHours(1));
            Settle(loop);
            Assert.True(hour.IsCompleted);
        },
        Options());

    [Fact]
    public async Task A_parked_loop_is_woken_by_an_advance_from_another_thread()
    {
        DispatcherOptions options = new() { Kernel = TestKernel.Kind, LoopCount = 1, SubmissionEntries = 64, CompletionEntries = 256, TimeProvider = clock };
        await using Dispatcher dispatcher = Dispatcher.Create(options);
        EventLoop loop = dispatcher.Loops[0];
        for (int i = 0; i < 100; i++)
        {
            Task delay = loop.InvokeAsync(async () =>
            {
                await loop.DelayAsync(TimeSpan.FromDays(1));
                Assert.Same(loop, EventLoop.Current);
            });
            await loop.InvokeAsync(() => { });
            clock.Advance(TimeSpan.FromDays(1));
            await delay.WaitAsync(OnLoop.Guard);
        }
    }

    [Fact]
    public void Timers_of_the_same_time_fire_in_the_order_of_their_starts() => OnLoop.Poll(
        loop =>
        {
            List<int> order = [];
            List<ITimer> timers = [];
            for (int i = 0; i < 50; i++)
            {
                int n = i;
                timers.Add(loop.TimeProvider.CreateTimer(_ => order.Add(n), null, TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan));
            }

            Settle(loop);
            clock.Advance(TimeSpan.FromSeconds(1));
            Settle(loop);
            Assert.Equal(Enumerable.Range(0, 50), order);
            timers.ForEach(t => t.Dispose());
        },
        Options());

    [Fact]
    public void A_timer_that_starts_itself_for_now_starves_nobody_although_time_stands_still() => OnLoop.Poll(
        loop =>
        {
            using CancellationTokenSource stop = new();
            int rounds = 0;
            Task hog = Hog();
            bool posted = false;
            loop.Post(() => posted = true);
            OnLoop.Until(loop, () => posted && rounds > 10);
            stop.Cancel();
            OnLoop.Until(loop, () => hog.IsCompleted);

            async Task Hog()
            {
                while (!stop.IsCancellationRequested)
                {
                    rounds++;
                    await loop.DelayAsync(TimeSpan.Zero);
                }
            }
        },
        Options());

    [Fact]
    public void Deadlines_are_of_the_given_clock() => OnLoop.Poll(
        loop =>
        {
            using TestPipe pipe = new();
            Task<int> poll = loop.ExecuteAsync(IoRequest.Poll(pipe.ReadEnd, PollEvents.Readable).WithDeadline(TimeSpan.FromDays(1))).AsTask();
            Settle(loop);
            Assert.False(poll.IsCompleted);
            clock.Advance(TimeSpan.FromDays(1));
            OnLoop.Until(loop, () => poll.IsCompleted);
            Assert.IsType<TimeoutException>(poll.Exception!.InnerException);
        },
        Options());

    [Fact]
    public void The_loops_clock_is_the_given_one() => OnLoop.Poll(
        loop =>
        {
            Assert.Equal(clock.GetUtcNow(), loop.TimeProvider.GetUtcNow());
            clock.Advance(TimeSpan.FromDays(3));
            Assert.Equal(clock.GetUtcNow(), loop.TimeProvider.GetUtcNow());
            Assert.Equal(clock.GetTimestamp(), loop.TimeProvider.GetTimestamp());
            Assert.Equal(clock.TimestampFrequency, loop.TimeProvider.TimestampFrequency);
        },
        Options());

    private static void Settle(EventLoop loop)
    {
        for (int i = 0; i < 10; i++)
        {
            loop.Poll();
        }
    }

    private EventLoopOptions Options() => new() { Kernel = TestKernel.Kind, SubmissionEntries = 64, CompletionEntries = 256, TimeProvider = clock };
}
