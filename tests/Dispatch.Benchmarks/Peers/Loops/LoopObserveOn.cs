using System.Reactive.Subjects;
using Dispatch.Reactive;

namespace Dispatch.Benchmarks;

/// <summary>Items through <c>ObserveOn(loop)</c>, from a thread that owns no loop to a loop that sleeps when it has nothing to do, as the scheduler's thread does that it is held against.</summary>
internal sealed class LoopObserveOn : StreamWorkload
{
    private readonly Dispatcher receiver = Dispatcher.Create(new DispatcherOptions { Kernel = KernelChoice.Kind, LoopCount = 1 });
    private readonly Subject<long> source = new();
    private readonly IDisposable subscription;

    public LoopObserveOn()
    {
        subscription = source.ObserveOn(receiver.Loops[0]).Subscribe(Received);
    }

    public override void Dispose()
    {
        subscription.Dispose();
        receiver.DisposeAsync().AsTask().GetAwaiter().GetResult();
        source.Dispose();
    }

    protected override void Send(long number) => source.OnNext(number);
}
