using System.Reactive.Concurrency;
using System.Reactive.Linq;
using System.Reactive.Subjects;

namespace Dispatch.Benchmarks;

/// <summary>Items through System.Reactive's own <c>ObserveOn</c> to the thread of an <see cref="EventLoopScheduler"/>.</summary>
internal sealed class RxObserveOn : StreamWorkload
{
    /// <summary>So many that it is the items that are measured, and not how soon the two threads get a processor each. The same for both contenders.</summary>
    public const int MaxInFlight = 8192;

    private readonly EventLoopScheduler scheduler = new();
    private readonly Subject<long> source = new();
    private readonly IDisposable subscription;

    public RxObserveOn()
        : base(MaxInFlight)
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

    /// <summary>What is measured is what the items cost, and not how busily the source waits.</summary>
    protected override void Pause() => Thread.Yield();
}
