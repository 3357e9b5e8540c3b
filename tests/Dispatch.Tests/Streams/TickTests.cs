using Microsoft.Extensions.Time.Testing;

namespace Dispatch.Tests.Streams;

/// <summary>Ticks, in virtual time, and what all streams have in common, shown on them.</summary>
public sealed class TickTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private readonly FakeTimeProvider clock = new();

    [Fact]
    public void Ticks_come_at_even_intervals_and_are_numbered() => OnLoop.Poll(
        loop =>
        {
            Taker<long, long> taker = Taker.Of<long>();
            using IDisposable subscription = TickStream.Interval(Second, loop: loop).Subscribe(taker);
            Settle(loop);
            Advance(loop, Second - TimeSpan.FromTicks(1));
            Assert.Empty(taker.Items);
            Advance(loop, TimeSpan.FromTicks(1));
            Assert.Equal([0], taker.Items);
            Advance(loop, Second);
            Advance(loop, Second);
            Assert.Equal([0, 1, 2], taker.Items);
        },
        Options());

    [Fact]
    public void A_late_loop_catches_up_and_no_tick_is_lost() => OnLoop.Poll(
        loop =>
        {
            Taker<long, long> taker = Taker.Of<long>();
            TickStream ticks = TickStream.Interval(Second, loop: loop);
            using IDisposable subscription = ticks.Subscribe(taker);
            Settle(loop);
            clock.Advance(Second * 3.5);
            OnLoop.Until(loop, () => taker.Items.Count == 3);
            Advance(loop, Second * 0.5);
            Assert.Equal([0, 1, 2, 3], taker.Items);
            Assert.Equal(0, ticks.Dropped);
        },
        Options());

    [Fact]
    public void Ticks_that_may_be_dropped_tell_the_time_and_count_what_is_missing() => OnLoop.Poll(
        loop =>
        {
            Taker<long, long> taker = Taker.Of<long>();
            TickStream ticks = TickStream.Interval(Second, options: new StreamOptions { Overflow = StreamOverflow.DropOldest }, loop: loop);
            using IDisposable subscription = ticks.Subscribe(taker);
            Settle(loop);
            Advance(loop, Second * 3.5);
            Advance(loop, Second * 0.5);
            Assert.Equal([2, 3], taker.Items);
            Assert.Equal(2, ticks.Dropped);
        },
        Options());

    [Fact]
    public void A_single_tick_is_followed_by_the_end_and_by_the_end_alone_for_the_next() => OnLoop.Poll(
        loop =>
        {
            TickStream once = TickStream.Once(Second, loop);
            Taker<long, long> first = Taker.Of<long>();
            once.Subscribe(first);
            Settle(loop);
            Assert.False(first.IsCompleted);
            Advance(loop, Second);
            Assert.Equal([0], first.Items);
            Assert.True(first.IsCompleted);
            Taker<long, long> second = Taker.Of<long>();
            once.Subscribe(second);
            Settle(loop);
            Assert.True(second.IsCompleted);
            Assert.Empty(second.Items);
        },
        Options());

    [Fact]
    public void Who_subscribes_again_goes_on_where_the_last_one_stopped() => OnLoop.Poll(
        loop =>
        {
            TickStream ticks = TickStream.Interval(Second, loop: loop);
            Taker<long, long> first = Taker.Of<long>();
            IDisposable subscription = ticks.Subscribe(first);
            Settle(loop);
            Advance(loop, Second * 1.75);
            subscription.Dispose();
            Advance(loop, Second * 100);
            Assert.Equal([0], first.Items);
            Assert.False(first.IsCompleted);
            Taker<long, long> second = Taker.Of<long>();
            ticks.Subscribe(second);
            Settle(loop);
            Advance(loop, Second * 0.25);
            Assert.Equal([1], second.Items);
        },
        Options());

    [Fact]
    public void A_second_consumer_is_refused_and_the_first_goes_on() => OnLoop.Poll(
        loop =>
        {
            TickStream ticks = TickStream.Interval(Second, loop: loop);
            Taker<long, long> taker = Taker.Of<long>();
            ticks.Subscribe(taker);
            Assert.Contains("consumer already", Assert.Throws<InvalidOperationException>(() => ticks.Subscribe(Taker.Of<long>())).Message, StringComparison.Ordinal);
            IAsyncEnumerator<long> reader = ticks.ReadAllAsync().GetAsyncEnumerator();
            Assert.Throws<InvalidOperationException>(() => { _ = reader.MoveNextAsync(); });
            Settle(loop);
            Advance(loop, Second);
            Assert.Equal([0], taker.Items);
        },
        Options());

    [Fact]
    public void A_slow_reader_stops_the_clock_and_gets_every_tick() => OnLoop.Poll(
        loop =>
        {
            TickStream ticks = TickStream.Interval(Second, options: new StreamOptions { Capacity = 2 }, loop: loop);
            IAsyncEnumerator<long> reader = ticks.ReadAllAsync().GetAsyncEnumerator();
            List<long> read = [];
            Read();
            for (int i = 0; i < 50; i++)
            {
                Advance(loop, Second);
            }

            Assert.Equal([0], read); // It reads again when told to: two more wait for it, and no tick after those has come.
            Assert.Equal((1, 2), (Take(), Take()));
            ValueTask<bool> next = reader.MoveNextAsync();
            Assert.False(next.IsCompleted);
            Advance(loop, Second);
            Assert.True(next.IsCompleted);
            Assert.Equal(3, reader.Current);
            Assert.Equal(0, ticks.Dropped);

            async void Read()
            {
                await reader.MoveNextAsync();
                read.Add(reader.Current);
            }

            long Take()
            {
                ValueTask<bool> task = reader.MoveNextAsync();
                Assert.True(task.IsCompletedSuccessfully && task.Result);
                return reader.Current;
            }
        },
        Options());

    [Fact]
    public void A_slow_reader_of_a_stream_that_fails_gets_what_fitted_and_then_the_error() => OnLoop.Poll(
        loop =>
        {
            TickStream ticks = TickStream.Interval(Second, options: new StreamOptions { Capacity = 2, Overflow = StreamOverflow.Fail }, loop: loop);
            IAsyncEnumerator<long> reader = ticks.ReadAllAsync().GetAsyncEnumerator();
            ValueTask<bool> first = reader.MoveNextAsync();
            for (int i = 0; i < 5; i++)
            {
                Advance(loop, Second);
            }

            Assert.True(first.Result);
            Assert.True(reader.MoveNextAsync().Result);
            Assert.True(reader.MoveNextAsync().Result);
            Assert.Equal(2, reader.Current);
            Exception error = Assert.Throws<StreamOverflowException>(() => reader.MoveNextAsync().Result);
            Assert.Contains("behind by 2 items", error.Message, StringComparison.Ordinal);
            Assert.Equal(1, ticks.Dropped);
        },
        Options());

    [Fact]
    public void A_slow_reader_of_a_stream_that_drops_gets_the_newest_and_the_count() => OnLoop.Poll(
        loop =>
        {
            TickStream ticks = TickStream.Interval(Second, options: new StreamOptions { Capacity = 2, Overflow = StreamOverflow.DropOldest }, loop: loop);
            IAsyncEnumerator<long> reader = ticks.ReadAllAsync().GetAsyncEnumerator();
            ValueTask<bool> first = reader.MoveNextAsync();
            for (int i = 0; i < 6; i++)
            {
                Advance(loop, Second);
            }

            Assert.True(first.Result);
            Assert.True(reader.MoveNextAsync().Result);
            Assert.Equal(4, reader.Current);
            Assert.True(reader.MoveNextAsync().Result);
            Assert.Equal(5, reader.Current);
            Assert.Equal(3, ticks.Dropped);
        },
        Options());

    [Fact]
    public void Cancelling_ends_the_waiting_and_loses_no_item() => OnLoop.Poll(
        loop =>
        {
            using CancellationTokenSource stop = new();
            TickStream ticks = TickStream.Interval(Second, loop: loop);
            IAsyncEnumerator<long> reader = ticks.ReadAllAsync(stop.Token).GetAsyncEnumerator();
            Task<bool> waiting = reader.MoveNextAsync().AsTask();
            Settle(loop);
            stop.Cancel();
            OnLoop.Until(loop, () => waiting.IsCompleted);
            Assert.True(waiting.IsCanceled);
            Assert.True(reader.MoveNextAsync().IsCanceled);
            Advance(loop, Second * 1.5); // It still is the consumer: this tick waits.
            _ = reader.DisposeAsync();
            Taker<long, long> next = Taker.Of<long>();
            ticks.Subscribe(next);
            Settle(loop);
            Assert.Equal([0], next.Items);
        },
        Options());

    [Fact]
    public void A_reader_that_has_left_reads_nothing_more() => OnLoop.Poll(
        loop =>
        {
            TickStream ticks = TickStream.Interval(Second, loop: loop);
            IAsyncEnumerator<long> reader = ticks.ReadAllAsync().GetAsyncEnumerator();
            ValueTask<bool> waiting = reader.MoveNextAsync();
            _ = reader.DisposeAsync();
            _ = reader.DisposeAsync();
            OnLoop.Until(loop, () => waiting.IsCompleted);
            Assert.False(waiting.Result);
            Assert.False(reader.MoveNextAsync().Result);
        },
        Options());

    [Fact]
    public void A_subscriber_that_throws_ends_its_own_subscription_and_the_next_goes_on()
    {
        List<Exception> faults = [];
        EventLoopOptions options = Options();
        options.UnhandledException = fault =>
        {
            faults.Add(fault.Exception);
            return UnhandledExceptionAction.Continue;
        };
        OnLoop.Poll(
            loop =>
            {
                TickStream ticks = TickStream.Interval(Second, loop: loop);
                Taker<long, long> bad = Taker.Of<long>(_ => throw new InvalidTimeZoneException("bad"));
                ticks.Subscribe(bad);
                Settle(loop);
                Advance(loop, Second);
                Assert.Equal([0], bad.Items);
                Taker<long, long> good = Taker.Of<long>();
                ticks.Subscribe(good);
                Settle(loop);
                Advance(loop, Second);
                Assert.Equal([1], good.Items);
            },
            options);
        Assert.Equal("bad", Assert.Single(faults).Message);
    }

    [Fact]
    public void The_end_of_the_loop_completes_subscribers_and_readers()
    {
        Taker<long, long> taker = Taker.Of<long>();
        Task<bool>? waiting = null;
        OnLoop.Poll(
            loop =>
            {
                TickStream.Interval(Second, loop: loop).Subscribe(taker);
                waiting = TickStream.Interval(Second, loop: loop).ReadAllAsync().GetAsyncEnumerator().MoveNextAsync().AsTask();
                Settle(loop);
            },
            Options());
        Assert.True(taker.IsCompleted);
        Assert.True(waiting!.IsCompletedSuccessfully && waiting is { Result: false });
    }

    [Fact]
    public void Disposing_in_OnNext_is_the_last_of_it() => OnLoop.Poll(
        loop =>
        {
            IDisposable? subscription = null;
            Taker<long, long> taker = Taker.Of<long>(_ => subscription!.Dispose());
            subscription = TickStream.Interval(Second, loop: loop).Subscribe(taker);
            Settle(loop);
            Advance(loop, Second * 5);
            Assert.Equal([0], taker.Items);
            Assert.False(taker.IsCompleted);
        },
        Options());

    [Fact]
    public async Task From_another_thread_a_subscription_and_a_reading_arm_on_the_owner()
    {
        await using Dispatcher dispatcher = Dispatcher.Create(new DispatcherOptions { Kernel = TestKernel.Kind, LoopCount = 1, SubmissionEntries = 64, CompletionEntries = 256 });
        EventLoop loop = dispatcher.Loops[0];
        TaskCompletionSource<EventLoop?> delivered = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TickStream ticks = TickStream.Interval(TimeSpan.FromMilliseconds(1), loop: loop);
        Taker<long, long> taker = Taker.Of<long>(_ => delivered.TrySetResult(EventLoop.Current));
        IDisposable subscription = ticks.Subscribe(taker);
        Assert.Same(loop, await delivered.Task.WaitAsync(OnLoop.Guard));
        Taker<long, long> second = Taker.Of<long>();
        ticks.Subscribe(second);
        await loop.InvokeAsync(() => { });
        Assert.IsType<InvalidOperationException>(second.Error);
        subscription.Dispose();
        long seen = await loop.InvokeAsync(() => Task.FromResult(taker.Items[^1]));
        List<long> read = [];
        await foreach (long tick in ticks.ReadAllAsync())
        {
            read.Add(tick);
            if (read.Count == 5)
            {
                break;
            }
        }

        Assert.Equal([seen + 1, seen + 2, seen + 3, seen + 4, seen + 5], read);
    }

    [Fact]
    public void Options_that_make_no_sense_are_refused_by_name() => OnLoop.Poll(loop =>
    {
        Assert.Throws<ArgumentOutOfRangeException>("period", () => TickStream.Interval(TimeSpan.Zero, loop: loop));
        Assert.Throws<ArgumentOutOfRangeException>("dueTime", () => TickStream.Once(-Second, loop));
        Assert.Throws<ArgumentOutOfRangeException>("Capacity", () => TickStream.Interval(Second, options: new StreamOptions { Capacity = 0 }, loop: loop));
        using TestPipe pipe = new();
        Exception error = Assert.Throws<ArgumentOutOfRangeException>("Overflow", () => PipeSource.Adopt(new Microsoft.Win32.SafeHandles.SafePipeHandle(pipe.ReadEnd, ownsHandle: false), new StreamOptions { Overflow = StreamOverflow.DropOldest }, loop));
        Assert.Contains("may not be dropped", error.Message, StringComparison.Ordinal);
    });

    private static void Settle(EventLoop loop)
    {
        for (int i = 0; i < 10; i++)
        {
            loop.Poll();
        }
    }

    private void Advance(EventLoop loop, TimeSpan time)
    {
        clock.Advance(time);
        Settle(loop);
    }

    private EventLoopOptions Options() => new() { Kernel = TestKernel.Kind, SubmissionEntries = 64, CompletionEntries = 256, TimeProvider = clock };
}
