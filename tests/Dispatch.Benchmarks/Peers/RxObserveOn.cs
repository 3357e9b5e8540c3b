using System.Reactive.Concurrency;
using System.Reactive.Linq;
using System.Reactive.Subjects;

namespace Dispatch.Benchmarks;

/// <summary>Items through System.Reactive's own <c>ObserveOn</c> to the thread of an <see cref="EventLoopScheduler"/>.</summary>
internal sealed class RxObserveOn : StreamWorkload
{
    private readonly EventLoopScheduler scheduler = new();
    private readonly Subject<long> source = new();
    private readonly IDisposable subscription;

    public RxObserveOn()
    {
        subscription = source.ObserveOn(scheduler).Subscribe(Received);
    }

    public override void Dispose()
    {
        subscription.Dispose();
        scheduler.Dispose();
        source.Dispose();
    }

    protected override void Send(long number) => source.OnNext(number);
}
