using System.Reactive.Subjects;
using Dispatch.Reactive;

namespace Dispatch.Benchmarks;

/// <summary>Items through <c>ObserveOn(loop)</c>, from a thread that owns no loop to a loop that sleeps when it has nothing to do, as the scheduler's thread does that it is held against; or that waits for items with all its CPU.</summary>
internal sealed class LoopObserveOn : StreamWorkload
{
    private readonly SpinOnDemand idle = new();
    private readonly bool spins;
    private readonly Dispatcher receiver;
    private readonly Subject<long> source = new();
    private readonly IDisposable subscription;

    public LoopObserveOn(bool spins)
        : base(RxObserveOn.MaxInFlight)
    {
        this.spins = spins;
        receiver = Dispatcher.Create(new DispatcherOptions { Kernel = KernelChoice.Kind, LoopCount = 1, Idle = idle });
        subscription = source.ObserveOn(receiver.Loops[0]).Subscribe(Received);
    }

    public override void Dispose()
    {
        subscription.Dispose();
        receiver.DisposeAsync().AsTask().GetAwaiter().GetResult();
        source.Dispose();
    }

    protected override void Heat(bool on) => idle.IsHot = on && spins;

    protected override void Send(long number) => source.OnNext(number);

    /// <summary>What is measured is what the items cost, and not how busily the source waits.</summary>
    protected override void Pause() => Thread.Yield();
}
