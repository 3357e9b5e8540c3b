using System.Reactive.Disposables;
using System.Reactive.Linq;

namespace Dispatch.Reactive.Tests;

/// <summary>Subscribing on a loop's thread, on this system's kernel.</summary>
public sealed class SubscribeOnTests
{
    [Fact]
    public void The_source_is_subscribed_to_and_let_go_of_on_the_loop() => TestLoop.Run(host =>
    {
        List<string> calls = [];
        IObservable<int> source = Observable.Create<int>(_ =>
        {
            calls.Add(host.Loop.IsOwner ? "subscribed on the loop" : "subscribed elsewhere");
            return Disposable.Create(() => calls.Add(host.Loop.IsOwner ? "let go on the loop" : "let go elsewhere"));
        });
        IDisposable? subscription = null;
        TestLoop.OnThread(() => subscription = source.SubscribeOn(host.Loop).Subscribe());
        Assert.Empty(calls);
        host.Settle();
        TestLoop.OnThread(subscription!.Dispose);
        Assert.Equal(["subscribed on the loop"], calls);
        host.Settle();
        Assert.Equal(["subscribed on the loop", "let go on the loop"], calls);
    });

    [Fact]
    public void On_the_owner_it_subscribes_in_a_later_turn() => TestLoop.Run(host =>
    {
        Watcher<int> watcher = new();
        Observable.Return(1).SubscribeOn(host.Loop).Subscribe(watcher);
        Assert.Empty(watcher.Items);
        host.Settle();
        Assert.Equal([1], watcher.Items);
        Assert.True(watcher.IsCompleted);
    });

    [Fact]
    public void Disposed_before_its_turn_it_does_not_subscribe() => TestLoop.Run(host =>
    {
        bool subscribed = false;
        IDisposable subscription = Observable.Defer(() =>
        {
            subscribed = true;
            return Observable.Never<int>();
        }).SubscribeOn(host.Loop).Subscribe();
        subscription.Dispose();
        host.Settle();
        Assert.False(subscribed);
    });

    [Fact]
    public void After_a_disposal_nothing_comes_although_the_source_has_not_heard_yet() => TestLoop.Run(host =>
    {
        IObserver<int>? into = null;
        Watcher<int> watcher = new();
        watcher.Subscription = new Source(o => into = o).SubscribeOn(host.Loop).Subscribe(watcher);
        host.Settle();
        into!.OnNext(1);
        TestLoop.OnThread(watcher.Dispose);
        into.OnNext(2);
        into.OnCompleted();
        Assert.Equal([1], watcher.Items);
        Assert.Empty(watcher.Breaches);
        host.Settle();
    });

    [Fact]
    public void A_subscribe_that_throws_comes_as_an_error() => TestLoop.Run(host =>
    {
        Watcher<int> watcher = new();
        new Source(_ => throw new InvalidDataException("no")).SubscribeOn(host.Loop).Subscribe(watcher);
        host.Settle();
        Assert.Equal("no", watcher.Error!.Message);
    });

    [Fact]
    public void An_observer_that_throws_at_an_item_that_comes_with_the_subscribing_goes_to_the_policy() => TestLoop.Run(host =>
    {
        Watcher<int> watcher = new(_ => throw new InvalidDataException("mine"));
        new Source(o => o.OnNext(1)).SubscribeOn(host.Loop).Subscribe(watcher);
        host.Settle();
        Assert.Null(watcher.Error);
        Assert.Equal("mine", Assert.Single(host.TakeFaults()).Message);
    });

    [Fact]
    public void A_stopped_loop_refuses() => TestLoop.OnThread(() =>
    {
        EventLoop loop = EventLoop.Attach();
        loop.Dispose();
        Assert.Throws<ObjectDisposedException>(() => Observable.Return(1).SubscribeOn(loop).Subscribe(new Watcher<int>()));
    });

    /// <summary>A source without any manners of its own.</summary>
    private sealed class Source(Action<IObserver<int>> subscribe) : IObservable<int>
    {
        public IDisposable Subscribe(IObserver<int> observer)
        {
            subscribe(observer);
            return Disposable.Empty;
        }
    }
}
