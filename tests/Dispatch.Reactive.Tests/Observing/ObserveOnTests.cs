using System.Reactive.Concurrency;
using System.Reactive.Linq;
using System.Reactive.Subjects;

namespace Dispatch.Reactive.Tests;

/// <summary>Delivery on a loop's thread, on this system's kernel.</summary>
public sealed class ObserveOnTests
{
    [Fact]
    public void Items_of_another_thread_come_on_the_loop_in_order_and_the_end_after_them() => TestLoop.Run(host =>
    {
        const int Count = 500_000;
        Subject<int> source = new();
        int next = 0;
        int wrong = 0;
        Watcher<int> watcher = new(item => wrong += item == next++ ? 0 : 1, host.Loop);
        using IDisposable subscription = source.ObserveOn(host.Loop).Subscribe(watcher);
        Thread producer = new(() =>
        {
            for (int i = 0; i < Count; i++)
            {
                source.OnNext(i);
            }

            source.OnCompleted();
        });
        producer.Start();
        host.Until(() => watcher.HasEnded);
        producer.Join();
        Assert.Equal(0, wrong);
        Assert.Equal(Count, next);
        Assert.True(watcher.IsCompleted);
        Assert.Empty(watcher.Breaches);
    });

    [Fact]
    public void An_error_comes_after_the_items_before_it() => TestLoop.Run(host =>
    {
        Subject<int> source = new();
        Watcher<int> watcher = new(mustBeOn: host.Loop);
        source.ObserveOn(host.Loop).Subscribe(watcher);
        TestLoop.OnThread(() =>
        {
            source.OnNext(1);
            source.OnNext(2);
            source.OnError(new InvalidDataException("broken"));
        });
        Assert.Empty(watcher.Items);
        host.Settle();
        Assert.Equal([1, 2], watcher.Items);
        Assert.Equal("broken", watcher.Error!.Message);
        Assert.False(source.HasObservers);
    });

    [Fact]
    public void A_source_on_the_owner_is_not_passed_straight_through() => TestLoop.Run(host =>
    {
        Subject<int> source = new();
        Watcher<int> watcher = null!;
        watcher = new(
            item =>
            {
                if (item < 5)
                {
                    source.OnNext(item + 1); // Feeds itself: straight through, this would be an OnNext inside an OnNext.
                }
            },
            host.Loop);
        source.ObserveOn(host.Loop).Subscribe(watcher);
        source.OnNext(1);
        Assert.Empty(watcher.Items);
        host.Settle();
        Assert.Equal([1, 2, 3, 4, 5], watcher.Items);
        Assert.Empty(watcher.Breaches);
    });

    [Fact]
    public void On_the_owner_it_takes_the_local_queue_and_no_message() => TestLoop.Run(host =>
    {
        Subject<int> source = new();
        Watcher<int> watcher = new();
        source.ObserveOn(host.Loop).Subscribe(watcher);
        source.OnNext(1);
        Assert.False(host.Loop.Engine.Inbox.IsSignaled);
        Assert.True(host.Loop.Engine.Posted.HasLocal);
        host.Settle();
        Assert.Single(watcher.Items);
    });

    [Fact]
    public void A_burst_is_one_message() => TestLoop.Run(host =>
    {
        Subject<int> source = new();
        Watcher<int> watcher = new();
        source.ObserveOn(host.Loop).Subscribe(watcher);
        TestLoop.OnThread(() =>
        {
            for (int i = 0; i < 10_000; i++)
            {
                source.OnNext(i);
            }
        });
        Assert.Equal(1, host.Loop.Engine.Inbox.Count);
        host.Settle();
        Assert.Equal(10_000, watcher.Items.Count);
    });

    [Fact]
    public void Disposed_inside_an_OnNext_it_delivers_nothing_more() => TestLoop.Run(host =>
    {
        Subject<int> source = new();
        Watcher<int> watcher = null!;
        watcher = new(item =>
        {
            if (item == 3)
            {
                watcher.Dispose();
            }
        });
        watcher.Subscription = source.ObserveOn(host.Loop).Subscribe(watcher);
        for (int i = 1; i <= 10; i++)
        {
            source.OnNext(i);
        }

        source.OnCompleted();
        host.Settle();
        Assert.Equal([1, 2, 3], watcher.Items);
        Assert.False(watcher.HasEnded);
        Assert.Empty(watcher.Breaches);
        Assert.False(source.HasObservers);
    });

    [Fact]
    public void An_observer_that_throws_ends_its_own_subscription_only() => TestLoop.Run(host =>
    {
        Subject<int> source = new();
        Watcher<int> throwing = new(_ => throw new InvalidDataException("mine"));
        Watcher<int> other = new();
        source.ObserveOn(host.Loop).Subscribe(throwing);
        source.ObserveOn(host.Loop).Subscribe(other);
        source.OnNext(1);
        source.OnNext(2);
        host.Settle();
        source.OnCompleted();
        host.Settle();
        Assert.Equal([1], throwing.Items);
        Assert.False(throwing.HasEnded);
        Assert.Equal([1, 2], other.Items);
        Assert.True(other.IsCompleted);
        Assert.Equal("mine", Assert.Single(host.TakeFaults()).Message);
    });

    [Fact]
    public void Subscriptions_share_a_turns_budget_and_none_is_starved() => TestLoop.Run(
        host =>
        {
            Subject<int> source = new();
            Watcher<int>[] watchers = [.. Enumerable.Range(0, 5).Select(_ => new Watcher<int>())];
            foreach (Watcher<int> watcher in watchers)
            {
                source.ObserveOn(host.Loop).Subscribe(watcher);
            }

            for (int i = 0; i < 1000; i++)
            {
                source.OnNext(i);
            }

            int before = 0;
            while (host.Loop.Poll() != 0)
            {
                int now = watchers.Sum(w => w.Items.Count);
                Assert.InRange(now - before, 0, 100);
                before = now;
                Assert.InRange(watchers.Max(w => w.Items.Count) - watchers.Min(w => w.Items.Count), 0, 64 * 2);
            }

            Assert.All(watchers, w => Assert.Equal(1000, w.Items.Count));
        },
        options => options.InboxBudget = 100);

    [Fact]
    public void What_was_delivered_or_disposed_is_not_kept_alive() => TestLoop.Run(host =>
    {
        Subject<object> source = new();
        int count = 0;
        IDisposable subscription = source.ObserveOn(host.Loop).Subscribe(_ => count++);
        WeakReference delivered = Emit(source);
        host.Settle();
        Assert.Equal(1, count);
        WeakReference queued = Emit(source);
        subscription.Dispose();
        GC.Collect();
        Assert.False(delivered.IsAlive);
        Assert.False(queued.IsAlive);
        GC.KeepAlive(subscription);

        [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
        static WeakReference Emit(Subject<object> source)
        {
            object item = new();
            source.OnNext(item);
            return new WeakReference(item);
        }
    });

    [Fact]
    public void A_million_items_allocate_nothing() => TestLoop.Run(host =>
    {
        Subject<long> source = new();
        long sum = 0;
        source.ObserveOn(host.Loop).Subscribe(item => sum += item);
        Work(10_000);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Work(1_000_000);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.True(sum > 0);

        void Work(int count)
        {
            for (int i = 0; i < count; i++)
            {
                source.OnNext(i);
                if (i % 3000 == 0)
                {
                    host.Settle(); // A backlog of several rings, each time.
                }
            }

            host.Settle();
        }
    });

    [Fact]
    public void When_the_loop_ends_what_is_queued_comes_and_then_an_error() => TestLoop.OnThread(() =>
    {
        EventLoop loop = EventLoop.Attach();
        Subject<int> source = new();
        Watcher<int> watcher = new(mustBeOn: loop);
        Watcher<int> complete = new(mustBeOn: loop);
        source.ObserveOn(loop).Subscribe(watcher);
        Observable.Range(0, 5000, ImmediateScheduler.Instance).ObserveOn(loop).Subscribe(complete);
        for (int i = 0; i < 3000; i++)
        {
            source.OnNext(i);
        }

        loop.Dispose();
        Assert.Equal(3000, watcher.Items.Count);
        Assert.IsType<ObjectDisposedException>(watcher.Error);
        Assert.Empty(watcher.Breaches);
        Assert.Equal(5000, complete.Items.Count);
        Assert.True(complete.IsCompleted);
        Assert.False(source.HasObservers);
    });

    [Fact]
    public void A_source_that_never_stops_does_not_keep_the_loop_from_ending() => TestLoop.OnThread(() =>
    {
        EventLoop loop = EventLoop.Attach();
        Subject<int> source = new();
        Watcher<int> watcher = null!;
        watcher = new(item => source.OnNext(item + 1));
        source.ObserveOn(loop).Subscribe(watcher);
        source.OnNext(0);
        while (watcher.Items.Count < 100)
        {
            loop.Poll();
        }

        loop.Life.Grace = TimeSpan.FromDays(1);
        loop.Dispose();
        Assert.IsType<ObjectDisposedException>(watcher.Error);
        Assert.Empty(watcher.Breaches);
    });

    [Fact]
    public void On_a_loop_that_has_stopped_the_observer_hears_of_it_with_the_first_item() => TestLoop.OnThread(() =>
    {
        EventLoop loop = EventLoop.Attach();
        loop.Dispose();
        Subject<int> source = new();
        Watcher<int> watcher = new();
        source.ObserveOn(loop).Subscribe(watcher);
        source.OnNext(1);
        source.OnNext(2);
        Assert.Empty(watcher.Items);
        Assert.IsType<ObjectDisposedException>(watcher.Error);
        Assert.Empty(watcher.Breaches);
        Assert.False(source.HasObservers);
    });

    [Fact]
    public void Beyond_its_capacity_it_fails_after_what_was_queued() => TestLoop.Run(host =>
    {
        Subject<int> source = new();
        Watcher<int> watcher = new();
        source.ObserveOn(host.Loop, 3, OverflowMode.Fail).Subscribe(watcher);
        for (int i = 0; i < 10; i++)
        {
            source.OnNext(i);
        }

        Assert.False(source.HasObservers);
        host.Settle();
        Assert.Equal([0, 1, 2], watcher.Items);
        Assert.Contains("capacity", Assert.IsType<InvalidOperationException>(watcher.Error).Message, StringComparison.Ordinal);
    });

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(8)]
    public void Or_it_drops_the_oldest(int capacity) => TestLoop.Run(host =>
    {
        Subject<int> source = new();
        Watcher<int> watcher = new();
        source.ObserveOn(host.Loop, capacity, OverflowMode.DropOldest).Subscribe(watcher);
        for (int round = 0; round < 3; round++)
        {
            for (int i = 0; i < 20; i++)
            {
                source.OnNext((round * 100) + i);
            }

            host.Settle();
        }

        source.OnCompleted();
        host.Settle();
        Assert.Equal(Enumerable.Range(0, 3).SelectMany(r => Enumerable.Range((r * 100) + 20 - capacity, capacity)), watcher.Items);
        Assert.True(watcher.IsCompleted);
    });

    [Fact]
    public void It_cannot_pause() => TestLoop.Run(host =>
        Assert.Throws<ArgumentException>(() => new Subject<int>().ObserveOn(host.Loop, 1, OverflowMode.Pause)));
}
