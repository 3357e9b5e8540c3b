using System.Reactive.Disposables;
using System.Threading.Channels;

namespace Dispatch.Reactive;

/// <summary>
/// What stands between a sequence that pushes and one enumeration of it that pulls: a bounded channel. When it is full, the sequence fails, loses its oldest item, or is paused: let go of, and subscribed to again when half is taken.
/// </summary>
/// <typeparam name="T">The type of an item.</typeparam>
internal sealed class AsyncReceiver<T> : IObserver<T>, IDisposable
{
    private static readonly InboxAction ResumeAction = static (s, _) => ((AsyncReceiver<T>)s!).ResumeFromInbox();

    private readonly IObservable<T> source;
    private readonly LoopEngine? pausable;
    private readonly int capacity;
    private readonly Channel<T> channel;
    private readonly SerialDisposable subscription = new();

    /// <summary>1 while the source is let go of because the channel was full; whoever sets it back subscribes again.</summary>
    private int paused;

    public AsyncReceiver(IObservable<T> source, int capacity, OverflowMode overflow)
    {
        this.source = source;
        this.capacity = capacity;
        pausable = overflow == OverflowMode.Pause ? Pausing.EngineOf(source) : null;
        channel = Channel.CreateBounded<T>(new BoundedChannelOptions(capacity)
        {
            // With "wait", a write that finds no place is refused, which is for us to judge.
            FullMode = overflow == OverflowMode.DropOldest ? BoundedChannelFullMode.DropOldest : BoundedChannelFullMode.Wait,
            SingleReader = true,
            SingleWriter = true,
        });
    }

    /// <summary>Subscribes.</summary>
    public void Start()
    {
        if (pausable is null)
        {
            subscription.Disposable = source.Subscribe(this);
        }
        else if (pausable.IsOwner)
        {
            Subscribe();
        }
        else
        {
            pausable.Posted.Post(ResumeAction, this, 0);
        }
    }

    /// <summary>Waits for an item or the end.</summary>
    public ValueTask<bool> WaitAsync(CancellationToken token) => channel.Reader.WaitToReadAsync(token);

    /// <summary>Takes an item. One reader.</summary>
    public bool TryTake(out T item)
    {
        bool taken = channel.Reader.TryRead(out item!);
        if (taken && pausable is not null)
        {
            ResumeIfHalfEmpty(pausable);
        }

        return taken;
    }

    /// <inheritdoc/>
    public void OnNext(T value)
    {
        if (!channel.Writer.TryWrite(value))
        {
            channel.Writer.TryComplete(new InvalidOperationException(
                $"ToAsyncEnumerable holds {capacity} items that were not enumerated, which is its capacity: the source is faster than the enumeration. Give it a larger capacity, OverflowMode.DropOldest, or a source that can be paused."));
            subscription.Dispose();
        }
        else if (pausable is not null && channel.Reader.Count >= capacity)
        {
            Pause(pausable);
        }
    }

    /// <inheritdoc/>
    public void OnError(Exception error) => channel.Writer.TryComplete(error);

    /// <inheritdoc/>
    public void OnCompleted() => channel.Writer.TryComplete();

    /// <inheritdoc/>
    public void Dispose()
    {
        channel.Writer.TryComplete();
        subscription.Dispose();
    }

    /// <summary>Lets go of the source. On its loop, in its call.</summary>
    private void Pause(LoopEngine engine)
    {
        subscription.Disposable = Disposable.Empty;

        // The reader takes, fences, and looks whether we are paused; we say so, fence, and look at what it took. One of the two sees the other.
        Interlocked.Exchange(ref paused, 1);
        ResumeIfHalfEmpty(engine);
    }

    private void ResumeIfHalfEmpty(LoopEngine engine)
    {
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref paused) == 0 || channel.Reader.Count > capacity / 2 || Interlocked.Exchange(ref paused, 0) == 0)
        {
            return;
        }

        if (engine.IsOwner)
        {
            // In a later turn: we may be in the source's own call.
            engine.Posted.EnqueueLocal(ResumeAction, this);
        }
        else if (!engine.Posted.TryPost(ResumeAction, this, 0))
        {
            channel.Writer.TryComplete(engine.Gone());
        }
    }

    private void ResumeFromInbox()
    {
        if (!pausable!.IsPromisedThread())
        {
            channel.Writer.TryComplete(pausable!.Gone());
            return;
        }

        try
        {
            Subscribe();
        }
        catch (Exception e)
        {
            channel.Writer.TryComplete(e); // The stream has another subscriber now, or its handle is closed: the enumeration hears of it.
        }
    }

    private void Subscribe()
    {
        if (!subscription.IsDisposed)
        {
            subscription.Disposable = source.Subscribe(this);
        }
    }
}
