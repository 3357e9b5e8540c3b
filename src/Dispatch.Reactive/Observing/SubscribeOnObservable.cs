namespace Dispatch.Reactive;

/// <summary>A source that is subscribed to, and let go of, on a loop.</summary>
/// <typeparam name="T">The type of an item.</typeparam>
internal sealed class SubscribeOnObservable<T>(IObservable<T> source, LoopEngine engine) : IObservable<T>
{
    /// <inheritdoc/>
    public IDisposable Subscribe(IObserver<T> observer)
    {
        ArgumentNullException.ThrowIfNull(observer);
        SubscribeOnSubscription<T> subscription = new(source, engine, observer);
        subscription.Queue();
        return subscription;
    }
}
