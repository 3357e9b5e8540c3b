using System.Reactive.Disposables;

namespace Dispatch.Reactive;

/// <summary>
/// One subscription of an operator: what it observes and whom it tells. Keeps Rx's grammar for what comes after it: nothing after the end, nothing after a disposal, the source let go of at the end, and when the observer throws.
/// </summary>
/// <typeparam name="TIn">What comes in.</typeparam>
/// <typeparam name="TOut">What goes out.</typeparam>
internal abstract class Link<TIn, TOut>(IObserver<TOut> observer) : IObserver<TIn>, IDisposable
{
    private SingleAssignmentDisposableValue upstream;
    private volatile bool stopped;

    /// <summary>Gets a value indicating whether nothing more goes to the observer.</summary>
    protected bool IsStopped => stopped;

    /// <summary>Subscribes to the source.</summary>
    public void Start(IObservable<TIn> source) => upstream.Disposable = source.Subscribe(this);

    /// <inheritdoc/>
    public abstract void OnNext(TIn value);

    /// <inheritdoc/>
    public virtual void OnError(Exception error) => Fail(error);

    /// <inheritdoc/>
    public virtual void OnCompleted() => Complete();

    /// <inheritdoc/>
    public void Dispose()
    {
        stopped = true;
        Release();
    }

    /// <summary>Tells an item. An observer that throws has ended its subscription; the exception goes on to the source, which hands it to whoever decides there.</summary>
    protected void Next(TOut item)
    {
        if (stopped)
        {
            return;
        }

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
        }
    }

    /// <summary>Tells the end, once.</summary>
    protected void Fail(Exception error)
    {
        if (stopped)
        {
            return;
        }

        stopped = true;
        try
        {
            observer.OnError(error);
        }
        finally
        {
            Release();
        }
    }

    /// <summary>Tells the end, once.</summary>
    protected void Complete()
    {
        if (stopped)
        {
            return;
        }

        stopped = true;
        try
        {
            observer.OnCompleted();
        }
        finally
        {
            Release();
        }
    }

    /// <summary>Lets go of the source and of what the subscription holds. Any thread, more than once.</summary>
    protected virtual void Release() => upstream.Dispose();
}
