namespace Dispatch.Reactive;

/// <summary>One subscription of SubscribeOn. Items pass straight through, on the source's thread.</summary>
/// <typeparam name="T">The type of an item.</typeparam>
internal sealed class SubscribeOnSubscription<T>(IObservable<T> source, LoopEngine engine, IObserver<T> observer) : Link<T, T>(observer)
{
    private static readonly InboxAction SubscribeAction = static (s, _) => ((SubscribeOnSubscription<T>)s!).SubscribeNow();
    private static readonly InboxAction ReleaseAction = static (s, _) => ((SubscribeOnSubscription<T>)s!).ReleaseNow();

    /// <summary>Has the loop subscribe. Throws when the loop has stopped.</summary>
    public void Queue()
    {
        if (!engine.IsOwner)
        {
            engine.Posted.Post(SubscribeAction, this, 0);
        }
        else
        {
            engine.VerifyOpen();
            engine.Posted.EnqueueLocal(SubscribeAction, this);
        }
    }

    /// <inheritdoc/>
    public override void OnNext(T value) => Next(value);

    /// <inheritdoc/>
    protected override void Release()
    {
        // To let go of a source can be work of its own (a handle closed, an event unhooked), which belongs to the loop like the subscribing.
        if (engine.IsOwner || !engine.Posted.TryPost(ReleaseAction, this, 0))
        {
            ReleaseNow();
        }
    }

    private void ReleaseNow() => base.Release();

    private void SubscribeNow()
    {
        if (IsStopped)
        {
            return;
        }

        if (!engine.IsPromisedThread())
        {
            Fail(engine.Gone());
            return;
        }

        try
        {
            Start(source);
        }
        catch (Exception e)
        {
            if (IsStopped)
            {
                throw; // Not of the subscribing: the observer threw at an item that came with it.
            }

            Fail(e); // The stream is the only way left to tell: the subscriber's call has returned long ago.
        }
    }
}
