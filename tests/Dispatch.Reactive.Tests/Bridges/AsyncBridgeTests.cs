using System.Reactive.Linq;
using System.Reactive.Subjects;
using System.Runtime.CompilerServices;

namespace Dispatch.Reactive.Tests;

/// <summary>Bridges between sequences that push and sequences that are asked.</summary>
public sealed class AsyncBridgeTests
{
    [Fact]
    public async Task An_enumeration_brings_all_items_and_ends()
    {
        List<int> items = [];
        await foreach (int item in Observable.Range(0, 100).ToAsyncEnumerable())
        {
            items.Add(item);
        }

        Assert.Equal(Enumerable.Range(0, 100), items);
    }

    [Fact]
    public async Task The_items_before_an_error_come_first()
    {
        List<int> items = [];
        InvalidDataException thrown = await Assert.ThrowsAsync<InvalidDataException>(async () =>
        {
            await foreach (int item in Observable.Range(0, 3).Concat(Observable.Throw<int>(new InvalidDataException("broken"))).ToAsyncEnumerable())
            {
                items.Add(item);
            }
        });
        Assert.Equal("broken", thrown.Message);
        Assert.Equal([0, 1, 2], items);
    }

    [Fact]
    public async Task A_source_that_is_too_fast_fails_after_what_fits()
    {
        List<int> items = [];
        InvalidOperationException thrown = await Assert.ThrowsAsync<InvalidOperationException>(async () =>
        {
            await foreach (int item in Observable.Range(0, 100).ToAsyncEnumerable(7, OverflowMode.Fail))
            {
                items.Add(item);
            }
        });
        Assert.Contains("7 items", thrown.Message, StringComparison.Ordinal);
        Assert.Equal(Enumerable.Range(0, 7), items);
    }

    [Fact]
    public async Task Or_it_loses_its_oldest_items()
    {
        List<int> items = [];
        await foreach (int item in Observable.Range(0, 100).ToAsyncEnumerable(7, OverflowMode.DropOldest))
        {
            items.Add(item);
        }

        Assert.Equal(Enumerable.Range(93, 7), items);
    }

    [Fact]
    public async Task Leaving_the_enumeration_lets_go_of_the_source()
    {
        Subject<int> source = new();
        IAsyncEnumerator<int> items = source.ToAsyncEnumerable().GetAsyncEnumerator(TestContext.Current.CancellationToken);
        ValueTask<bool> first = items.MoveNextAsync();
        source.OnNext(1);
        Assert.True(await first);
        await items.DisposeAsync();
        Assert.False(source.HasObservers);
    }

    [Fact]
    public async Task Cancelling_ends_it_and_lets_go_of_the_source()
    {
        Subject<int> source = new();
        using CancellationTokenSource stopping = new();
        IAsyncEnumerator<int> items = source.ToAsyncEnumerable().GetAsyncEnumerator(stopping.Token);
        ValueTask<bool> first = items.MoveNextAsync();
        await stopping.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await first);
        Assert.False(source.HasObservers);
    }

    [Fact]
    public void What_cannot_be_paused_or_kept_is_refused()
    {
        Assert.Throws<ArgumentException>(() => new Subject<int>().ToAsyncEnumerable(1, OverflowMode.Pause));
        Assert.Throws<ArgumentException>(() => new Subject<Frame>().ToAsyncEnumerable());
        Assert.Throws<ArgumentException>(() => new Subject<BufferLease>().ToAsyncEnumerable());
        Assert.Throws<ArgumentOutOfRangeException>(() => new Subject<int>().ToAsyncEnumerable(0, OverflowMode.Fail));
    }

    [Fact]
    public void An_asynchronous_sequence_comes_on_the_loop_in_order() => TestLoop.Run(host =>
    {
        Watcher<int> watcher = new(mustBeOn: host.Loop);
        Numbers(1000).ToObservable(host.Loop).Subscribe(watcher);
        Assert.Empty(watcher.Items);
        host.Until(() => watcher.HasEnded);
        Assert.True(watcher.IsCompleted);
        Assert.Equal(Enumerable.Range(0, 1000), watcher.Items);
        Assert.Empty(watcher.Breaches);
    });

    [Fact]
    public void One_that_always_has_its_next_item_lets_others_in_between() => TestLoop.Run(
        host =>
        {
            Watcher<int> watcher = new();
            using IDisposable subscription = Ready().ToObservable(host.Loop).Subscribe(watcher);
            host.Loop.Poll();
            host.Loop.Poll();
            host.Loop.Poll();
            Assert.InRange(watcher.Items.Count, 1, 300);

            static async IAsyncEnumerable<int> Ready([EnumeratorCancellation] CancellationToken token = default)
            {
                while (!token.IsCancellationRequested)
                {
                    yield return 1;
                }

                await Task.CompletedTask;
            }
        },
        options => options.InboxBudget = 100);

    [Fact]
    public void What_it_throws_comes_as_an_error() => TestLoop.Run(host =>
    {
        Watcher<int> watcher = new(mustBeOn: host.Loop);
        Numbers(3, throwsAtEnd: true).ToObservable(host.Loop).Subscribe(watcher);
        host.Until(() => watcher.HasEnded);
        Assert.Equal("broken", Assert.IsType<InvalidDataException>(watcher.Error).Message);
        Assert.Equal([0, 1, 2], watcher.Items);
    });

    [Fact]
    public void Disposing_cancels_the_sequence_and_disposes_its_enumerator() => TestLoop.Run(host =>
    {
        bool ended = false;
        CancellationToken given = default;
        Watcher<int> watcher = null!;
        watcher = new(item =>
        {
            if (item == 5)
            {
                watcher.Dispose();
            }
        });
        watcher.Subscription = Endless().ToObservable(host.Loop).Subscribe(watcher);
        host.Until(() => ended);
        Assert.True(given.IsCancellationRequested);
        Assert.Equal([0, 1, 2, 3, 4, 5], watcher.Items);
        Assert.False(watcher.HasEnded);
        Assert.Empty(watcher.Breaches);

        async IAsyncEnumerable<int> Endless([EnumeratorCancellation] CancellationToken token = default)
        {
            given = token;
            try
            {
                for (int i = 0; ; i++)
                {
                    await Task.Yield();
                    yield return i;
                }
            }
            finally
            {
                ended = true;
            }
        }
    });

    [Fact]
    public void An_observer_that_throws_ends_it_and_goes_to_the_policy() => TestLoop.Run(host =>
    {
        Watcher<int> watcher = new(_ => throw new InvalidDataException("mine"));
        Numbers(10).ToObservable(host.Loop).Subscribe(watcher);
        host.Until(() => host.Loop.Statistics.UnhandledExceptions != 0);
        host.Settle();
        Assert.Single(watcher.Items);
        Assert.False(watcher.HasEnded);
        Assert.Equal("mine", Assert.Single(host.TakeFaults()).Message);
    });

    [Fact]
    public void A_stopped_loop_refuses() => TestLoop.OnThread(() =>
    {
        EventLoop loop = EventLoop.Attach();
        loop.Dispose();
        Assert.Throws<ObjectDisposedException>(() => Numbers(1).ToObservable(loop).Subscribe(new Watcher<int>()));
    });

    private static async IAsyncEnumerable<int> Numbers(int count, bool throwsAtEnd = false, [EnumeratorCancellation] CancellationToken token = default)
    {
        for (int i = 0; i < count; i++)
        {
            if (i % 3 == 0)
            {
                await Task.Yield();
            }

            token.ThrowIfCancellationRequested();
            yield return i;
        }

        if (throwsAtEnd)
        {
            throw new InvalidDataException("broken");
        }
    }
}
