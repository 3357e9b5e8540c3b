namespace Dispatch;

/// <summary>
/// One subscriber of what a handle brings: connections, received data. Not pooled: <see cref="Dispose"/> may come at any time, often, and from any thread.
/// </summary>
internal sealed class HandleSubscription<T>(ISubscriptionOwner<T> owner, IObserver<T> observer) : IDisposable, INamedCallback
{
    private volatile bool disposed;

    /// <summary>Gets what is subscribed to.</summary>
    public ISubscriptionOwner<T> Owner => owner;

    /// <summary>Gets a value indicating whether nothing more goes to the observer. Another thread may have said so, and its message may still be on its way.</summary>
    public bool IsDisposed => disposed;

    /// <inheritdoc/>
    (object? Target, object? State) INamedCallback.Callback => (observer, null);

    /// <summary>Attaches on the owner, for a subscriber on another thread.</summary>
    public void AttachFromInbox()
    {
        if (disposed)
        {
            return;
        }

        try
        {
            if (!owner.Engine.IsOwner)
            {
                owner.Engine.Posted.Post(static (s, _) => ((HandleSubscription<T>)s!).AttachFromInbox(), this, 0); // It has moved meanwhile.
                return;
            }

            owner.Attach(this);
        }
        catch (Exception e) when (e is InvalidOperationException or NotSupportedException or IOException)
        {
            End(e); // The stream is the only way to tell a subscriber on another thread.
        }
    }

    /// <summary>Hands an item over. An observer that throws ends its own subscription and nobody else's; the exception goes on to the loop's policy.</summary>
    public void Next(T item)
    {
        bool survived = false;
        try
        {
            observer.OnNext(item);
            survived = true;
        }
        finally
        {
            if (!survived)
            {
                Dispose();
            }

            owner.Engine.Scope.Restore();
        }
    }

    /// <summary>Ends the stream, once.</summary>
    public void End(Exception? error)
    {
        if (disposed)
        {
            return;
        }

        disposed = true;
        try
        {
            if (error is null)
            {
                observer.OnCompleted();
            }
            else
            {
                observer.OnError(error);
            }
        }
        finally
        {
            owner.Engine.Scope.Restore();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (disposed)
        {
            return;
        }

        disposed = true;
        Detach();
    }

    private void Detach()
    {
        if (owner.Engine.IsOwner)
        {
            owner.Detach(this);
        }
        else
        {
            owner.Engine.Posted.TryPost(static (s, _) => ((HandleSubscription<T>)s!).Detach(), this, 0);
        }
    }
}
