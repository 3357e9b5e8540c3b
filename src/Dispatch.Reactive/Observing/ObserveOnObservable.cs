namespace Dispatch.Reactive;

/// <summary>A source, observed on a loop.</summary>
/// <typeparam name="T">The type of an item.</typeparam>
internal sealed class ObserveOnObservable<T>(IObservable<T> source, LoopScheduler scheduler, int? capacity, OverflowMode overflow) : IObservable<T>
{
    /// <inheritdoc/>
    public IDisposable Subscribe(IObserver<T> observer)
    {
        ArgumentNullException.ThrowIfNull(observer);
        ObserveOnSubscription<T> subscription = new(scheduler, observer, capacity, overflow);
        subscription.Start(source);
        return subscription;
    }
}
