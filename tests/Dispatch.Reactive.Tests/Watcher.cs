namespace Dispatch.Reactive.Tests;

/// <summary>
/// An observer that writes down what it is told, and every breach of Rx's grammar: a call beside another, a call inside another, anything after the end, anything after a disposal that it was told of.
/// </summary>
internal sealed class Watcher<T>(Action<T>? onNext = null, EventLoop? mustBeOn = null) : IObserver<T>
{
    private readonly List<T> items = [];
    private readonly List<string> breaches = [];
    private readonly Lock sync = new();
    private int inside;
    private volatile bool disposed;

    public IReadOnlyList<T> Items => items;

    public IReadOnlyList<string> Breaches => breaches;

    public bool IsCompleted { get; private set; }

    public Exception? Error { get; private set; }

    public bool HasEnded => IsCompleted || Error is not null;

    /// <summary>Gets or sets what the watcher is subscribed to: <see cref="Dispose"/> lets go of it.</summary>
    public IDisposable? Subscription { get; set; }

    /// <summary>Lets go, on the thread that delivers: from the moment this has returned nothing may come.</summary>
    public void Dispose()
    {
        Subscription?.Dispose();
        disposed = true;
    }

    public void OnNext(T value)
    {
        Enter("OnNext");
        try
        {
            items.Add(value);
            onNext?.Invoke(value);
        }
        finally
        {
            Volatile.Write(ref inside, 0);
        }
    }

    public void OnCompleted()
    {
        Enter("OnCompleted");
        IsCompleted = true;
        Volatile.Write(ref inside, 0);
    }

    public void OnError(Exception error)
    {
        Enter("OnError");
        Error = error;
        Volatile.Write(ref inside, 0);
    }

    private void Enter(string call)
    {
        if (Interlocked.Exchange(ref inside, 1) != 0)
        {
            Breach($"{call} inside or beside another call");
        }

        if (HasEnded)
        {
            Breach($"{call} after the end");
        }

        if (disposed)
        {
            Breach($"{call} after the disposal");
        }

        if (mustBeOn is { IsOwner: false })
        {
            Breach($"{call} on another thread than the loop's");
        }
    }

    private void Breach(string what)
    {
        lock (sync)
        {
            breaches.Add(what);
        }
    }
}
