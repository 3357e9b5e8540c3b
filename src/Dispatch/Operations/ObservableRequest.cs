namespace Dispatch;

/// <summary>A request as a cold observable: every subscription submits it once.</summary>
internal sealed class ObservableRequest(EventLoop loop, IoRequest request) : IObservable<Completion>
{
    private readonly IoRequest request = request;

    /// <inheritdoc/>
    public IDisposable Subscribe(IObserver<Completion> observer)
    {
        ArgumentNullException.ThrowIfNull(observer);
        RequestSubscription subscription = new(loop.Engine, observer);
        subscription.Begin(request);
        return subscription;
    }
}
