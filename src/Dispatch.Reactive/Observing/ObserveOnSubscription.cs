using System.Reactive.Disposables;

namespace Dispatch.Reactive;

/// <summary>
/// One subscription of ObserveOn: a queue between the source's thread and the loop. The source's calls may come from any thread, one at a time, as Rx has it; the observer's are the loop's alone.
/// </summary>
/// <typeparam name="T">The type of an item.</typeparam>
internal sealed class ObserveOnSubscription<T> : Drain, IObserver<T>, IDisposable
{
    private readonly LoopEngine engine;
    private readonly IObserver<T> observer;
    private readonly OverflowMode overflow;
    private readonly int capacity;
    private SingleAssignmentDisposableValue upstream;

    /// <summary>Null when nothing more is delivered: the queue and what was in it are garbage from then on, as soon as neither side is in it any more.</summary>
    private ItemQueue<T>? queue;

    /// <summary>The right to drain: 1 while somebody has it.</summary>
    private int signaled;
    private volatile bool ended;
    private Exception? error;

    public ObserveOnSubscription(LoopScheduler scheduler, IObserver<T> observer, int? capacity, OverflowMode overflow)
        : base(scheduler.Drains)
    {
        engine = scheduler.Loop.Engine;
        this.observer = observer;
        this.overflow = overflow;
        this.capacity = capacity ?? 0;
        queue = capacity is { } places ? new BoundedQueue<T>(places) : new GrowingQueue<T>();
    }

    /// <summary>Subscribes to the source.</summary>
    public void Start(IObservable<T> source) => upstream.Disposable = source.Subscribe(this);

    /// <inheritdoc/>
    public void OnNext(T value)
    {
        if (ended || Volatile.Read(ref queue) is not { } into)
        {
            return;
        }

        if (!into.TryEnqueue(value))
        {
            if (overflow == OverflowMode.Fail)
            {
                End(new InvalidOperationException(
                    $"ObserveOn({engine.Loop.Name}) holds {capacity} items that its observer has not taken, which is its capacity: the source is faster than the observer. Give it a larger capacity, OverflowMode.DropOldest, or a slower source."));
                upstream.Dispose();
                return;
            }

            do
            {
                _ = into.TryDequeue(out _);
            }
            while (!into.TryEnqueue(value));
        }

        Signal();
    }

    /// <inheritdoc/>
    public void OnError(Exception error) => End(error);

    /// <inheritdoc/>
    public void OnCompleted() => End(null);

    /// <inheritdoc/>
    public void Dispose()
    {
        Volatile.Write(ref queue, null);
        upstream.Dispose();
    }

    /// <inheritdoc/>
    public override bool Run(int most, out int done)
    {
        done = 0;
        bool survived = false;
        try
        {
            bool more = Deliver(most, ref done);
            survived = true;
            return more;
        }
        finally
        {
            if (!survived)
            {
                Dispose(); // An observer that throws ends its own subscription.
            }
        }
    }

    /// <inheritdoc/>
    public override void RunLast()
    {
        int most = (Volatile.Read(ref queue)?.Count ?? 0) + 1; // And the end, if it is there.
        if (Run(most, out _) || !ended)
        {
            EndWithoutLoop();
        }
    }

    /// <inheritdoc/>
    public override void EndWithoutLoop() => Tell(engine.Gone());

    private bool Deliver(int most, ref int done)
    {
        while (Volatile.Read(ref queue) is { } from)
        {
            if (done == most)
            {
                return true;
            }

            bool wasEnded = ended; // Before the look into the queue: the end comes after the items.
            if (from.TryDequeue(out T? item))
            {
                done++;
                observer.OnNext(item);
                engine.Scope.Restore();
            }
            else if (wasEnded)
            {
                Tell(error);
                return false;
            }
            else if (done != 0)
            {
                return true;
            }
            else if (GiveUpRight(from))
            {
                return false;
            }
        }

        return false; // Disposed: the right is kept, so that nobody comes by any more.
    }

    /// <summary>Nothing is left to deliver. Returns false when something has come after all and is still ours to deliver.</summary>
    private bool GiveUpRight(ItemQueue<T> looked)
    {
        // The source adds, fences, and looks at the flag; we clear the flag, fence, and look at what was added. One of the two sees the other.
        Interlocked.Exchange(ref signaled, 0);
        return (looked.IsEmpty && !ended) || Interlocked.Exchange(ref signaled, 1) != 0;
    }

    private void End(Exception? reason)
    {
        if (ended)
        {
            return;
        }

        error = reason;
        ended = true;
        Signal();
    }

    private void Signal()
    {
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref signaled) == 0 && Interlocked.Exchange(ref signaled, 1) == 0)
        {
            Queue.Signal(this);
        }
    }

    private void Tell(Exception? reason)
    {
        if (Interlocked.Exchange(ref queue, null) is null)
        {
            return; // Disposed, or told already.
        }

        try
        {
            if (reason is null)
            {
                observer.OnCompleted();
            }
            else
            {
                observer.OnError(reason);
            }
        }
        finally
        {
            upstream.Dispose();
        }
    }
}
