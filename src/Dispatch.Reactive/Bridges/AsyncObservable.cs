namespace Dispatch.Reactive;

/// <summary>An asynchronous sequence as an observable: every subscriber enumerates it anew.</summary>
/// <typeparam name="T">The type of an item.</typeparam>
internal sealed class AsyncObservable<T>(IAsyncEnumerable<T> source, LoopEngine engine) : IObservable<T>
{
    /// <inheritdoc/>
    public IDisposable Subscribe(IObserver<T> observer)
    {
        ArgumentNullException.ThrowIfNull(observer);
        AsyncSubscription<T> subscription = new(source, engine, observer);
        subscription.Start();
        return subscription;
    }
}
