namespace Dispatch;

/// <summary>
/// One subscription to a request. It is not pooled, because <see cref="Dispose"/> may be called at any time, often, and from any thread, and must never
/// reach a later tenant: it holds the operation with its generation.
/// </summary>
internal sealed class RequestSubscription(LoopEngine engine, IObserver<Completion> observer) : IDisposable, IObserver<Completion>, INamedCallback
{
    private OperationHandle handle;
    private volatile bool disposed;

    /// <inheritdoc/>
    (object? Target, object? State) INamedCallback.Callback => (observer, null);

    /// <summary>Submits, on the owner or by way of it.</summary>
    public void Begin(in IoRequest request)
    {
        if (engine.IsOwner)
        {
            handle = engine.Observe(request, this);
            return;
        }

        IoRequest copy = request;
        engine.Posted.Post(
            (s, _) =>
            {
                RequestSubscription self = (RequestSubscription)s!;
                if (!self.disposed)
                {
                    self.BeginFromInbox(copy);
                }
            },
            this,
            0);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (disposed)
        {
            return;
        }

        disposed = true;
        if (engine.IsOwner)
        {
            handle.Unsubscribe();
        }
        else
        {
            engine.Posted.TryPost(static (s, _) => ((RequestSubscription)s!).handle.Unsubscribe(), this, 0);
        }
    }

    /// <inheritdoc/>
    public void OnNext(Completion value)
    {
        if (disposed)
        {
            // Disposed by a foreign thread whose post has not arrived yet: nobody takes this one.
            handle.DisposeOrphan(value);
            return;
        }

        observer.OnNext(value);
    }

    /// <inheritdoc/>
    public void OnCompleted()
    {
        if (!disposed)
        {
            disposed = true;
            observer.OnCompleted();
        }
    }

    /// <inheritdoc/>
    public void OnError(Exception error)
    {
        if (!disposed)
        {
            disposed = true;
            observer.OnError(error);
        }
    }

    private void BeginFromInbox(in IoRequest request)
    {
        try
        {
            handle = engine.Observe(request, this);
        }
        catch (Exception e) when (e is ObjectDisposedException or InvalidOperationException)
        {
            OnError(e); // The subscriber is on another thread; the stream is the only way to tell it.
        }
    }
}
