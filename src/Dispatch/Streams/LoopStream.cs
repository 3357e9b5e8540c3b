namespace Dispatch;

/// <summary>
/// A stream of one loop, with one consumer at a time: a subscriber, to whom items are pushed, or a reader, who asks for them (<see cref="ReadAllAsync"/>). The state of the source is kept here and not with the consumer:
/// who comes next goes on where the last one stopped, and gets first what came and was not taken.
/// </summary>
/// <remarks>
/// <para>Thread: <c>OnNext</c>, <c>OnCompleted</c> and <c>OnError</c> run on the owner, in its turns, one after the other. Subscribing, reading and disposing work on any thread; on others than the owner they take effect when its inbox
/// gets to them. A reader on another thread pays for a trip to the owner with each item.</para>
/// <para>Ending: disposing a subscription, or a reader's leaving its loop, pauses the source and ends nothing. A stream ends once, with <c>OnCompleted</c> (its source has ended, was closed, or the loop ends) or with <c>OnError</c> (its source
/// failed); it tells every later consumer the same.</para>
/// <para>Backpressure: nothing grows without bound. See <see cref="StreamOptions"/>. A subscriber that blocks in <c>OnNext</c> blocks its loop; one that throws ends its own subscription, and the exception goes to the
/// loop's policy.</para>
/// </remarks>
/// <typeparam name="T">The type of the items.</typeparam>
public abstract class LoopStream<T> : IObservable<T>, ISubscriptionOwner<T>, ILoopStream, INamedCallback
{
    private readonly Queue<T> unread = new(0);
    private readonly int capacity;
    private readonly StreamOverflow overflow;
    private HandleSubscription<T>? subscription;
    private PullReader<T>? reader;
    private Exception? failure;
    private bool isPaused;
    private long dropped;

    private protected LoopStream(LoopEngine engine, StreamOptions options)
        : this(engine, options.Capacity, options.Overflow)
    {
    }

    private protected LoopStream(LoopEngine engine, int capacity, StreamOverflow overflow)
    {
        Engine = engine;
        this.capacity = capacity;
        this.overflow = overflow;
    }

    /// <summary>Gets the loop that owns the stream.</summary>
    public EventLoop Loop => Engine.Loop;

    /// <summary>Gets how many items were dropped, because the options say so. Any thread.</summary>
    public long Dropped => Volatile.Read(ref dropped);

    /// <inheritdoc/>
    LoopEngine ISubscriptionOwner<T>.Engine => Engine;

    /// <inheritdoc/>
    bool ILoopStream.IsAttached { get; set; }

    /// <inheritdoc/>
    ILoopStream? ILoopStream.NextAttached { get; set; }

    /// <inheritdoc/>
    ILoopStream? ILoopStream.PreviousAttached { get; set; }

    /// <inheritdoc/>
    (object? Target, object? State) INamedCallback.Callback => (subscription, null);

    internal LoopEngine Engine { get; }

    /// <summary>Gets a value indicating whether nothing more comes than what waits to be read.</summary>
    internal bool IsEnded { get; private set; }

    /// <summary>Gets why nothing more comes, or null when that is no failure.</summary>
    internal Exception? Failure => failure;

    /// <summary>Gets a value indicating whether somebody consumes.</summary>
    private protected bool IsConsumed => subscription is { IsDisposed: false } || reader is not null;

    /// <summary>Gets a value indicating whether an item would find somebody to take it, or room.</summary>
    private protected bool HasRoom => !IsEnded && (reader is { } pulling
        ? (pulling.IsAwaiting && unread.Count == 0) || overflow != StreamOverflow.Pause || unread.Count < capacity
        : subscription is { IsDisposed: false } && unread.Count == 0);

    /// <summary>Gets a value indicating whether the end of the loop is to be told although nobody consumes.</summary>
    private protected virtual bool StaysAttached => false;

    /// <inheritdoc/>
    public IDisposable Subscribe(IObserver<T> observer)
    {
        ArgumentNullException.ThrowIfNull(observer);
        HandleSubscription<T> created = new(this, observer);
        if (Engine.IsOwner)
        {
            ((ISubscriptionOwner<T>)this).Attach(created);
        }
        else
        {
            Engine.Posted.Post(static (s, _) => ((HandleSubscription<T>)s!).AttachFromInbox(), created, 0);
        }

        return created;
    }

    /// <summary>
    /// The pull form: <c>await foreach</c> over the items. The source is armed by the first <c>MoveNextAsync</c>. An item that refers to a buffer is valid until the next one is asked for.
    /// Nothing is allocated an item on the owner.
    /// </summary>
    /// <param name="cancellationToken">Ends the waiting for an item with <see cref="OperationCanceledException"/>. What came and was not taken is the next consumer's.</param>
    /// <returns>The items.</returns>
    public IAsyncEnumerable<T> ReadAllAsync(CancellationToken cancellationToken = default) => new PullSequence<T>(this, cancellationToken);

    /// <inheritdoc/>
    void ISubscriptionOwner<T>.Attach(HandleSubscription<T> created)
    {
        VerifyFree();
        Prepare();
        subscription = created;
        Engine.Streams.Add(this);

        // In a turn of its own: who subscribes is not called back before Subscribe has returned.
        Engine.Posted.EnqueueLocal((s, _) => Begin((HandleSubscription<T>)s!), created);
    }

    /// <inheritdoc/>
    void ISubscriptionOwner<T>.Detach(HandleSubscription<T> from)
    {
        if (ReferenceEquals(subscription, from))
        {
            subscription = null;
            Leave();
        }
    }

    /// <inheritdoc/>
    void ILoopStream.OnLoopEnding()
    {
        Suspend();
        End(null);
    }

    /// <summary>Makes a reader the consumer.</summary>
    internal void AttachReader(PullReader<T> created)
    {
        VerifyFree();
        Prepare();
        reader = created;
        Engine.Streams.Add(this);
    }

    /// <summary>The reader is the consumer no more.</summary>
    internal void DetachReader(PullReader<T> from)
    {
        if (ReferenceEquals(reader, from))
        {
            reader = null;
            Leave();
        }
    }

    /// <summary>Takes what waits, for the reader.</summary>
    internal bool TryTake(out T? item)
    {
        if (!unread.TryDequeue(out item))
        {
            return false;
        }

        if (isPaused && unread.Count <= capacity / 2)
        {
            Resume();
        }

        return true;
    }

    /// <summary>The reader waits: the source is to bring the next item.</summary>
    internal void OnReaderWaits() => Resume();

    /// <summary>What a reader is thrown who asks for the next item, and for nothing else, when there is none.</summary>
    internal virtual Exception Ended() => new InvalidOperationException("The stream has ended: there is no next item.");

    /// <summary>An item was consumed: what it refers to goes back.</summary>
    internal virtual void Release(T item)
    {
    }

    /// <summary>What may fail is done before anybody counts as a consumer. Throws when the stream cannot be consumed.</summary>
    private protected virtual void Prepare() => Engine.VerifyOpen();

    /// <summary>There is room: arms what brings items, if it is not armed.</summary>
    private protected abstract void OnResume();

    /// <summary>There is no room, or nobody consumes: stops what brings items. What is on its way is still taken.</summary>
    private protected abstract void OnSuspend();

    /// <summary>The stream has ended.</summary>
    private protected virtual void OnEnded()
    {
    }

    /// <summary>Makes one item of two, when the queue is full. Only for streams whose capacity is 1.</summary>
    private protected virtual bool TryMerge(T older, T newer, out T merged)
    {
        merged = newer;
        return false;
    }

    /// <summary>Brings an item. User code may run before this returns, and may throw.</summary>
    private protected void Push(T item)
    {
        if (unread.Count == 0 && !IsEnded)
        {
            if (reader is { IsAwaiting: true } waiting)
            {
                waiting.Complete(item);
                return;
            }

            if (subscription is { IsDisposed: false } current)
            {
                Hand(current, item);
                return;
            }
        }

        Enqueue(item);
    }

    /// <summary>Lays out, for the next consumer of a stream that has ended, what it is to bring to everyone.</summary>
    private protected void Repeat(T item)
    {
        if (unread.Count == 0)
        {
            unread.Enqueue(item);
        }
    }

    /// <summary>Nothing more comes. The consumer is told in a turn of its own, after what waits was taken.</summary>
    private protected void End(Exception? reason)
    {
        if (IsEnded)
        {
            return;
        }

        IsEnded = true;
        failure = reason;
        OnEnded();
        EndConsumerLater();
    }

    /// <summary>Tells whoever consumes of a failure that ends the consuming, and not the stream. False when nobody could be told.</summary>
    private protected bool Interrupt(Exception reason)
    {
        if (reader is { IsAwaiting: true } waiting)
        {
            waiting.CompleteEnd(reason);
            return true;
        }

        if (subscription is { IsDisposed: false } current && unread.Count == 0)
        {
            subscription = null;
            Leave();
            current.End(reason);
            return true;
        }

        return false;
    }

    /// <summary>Gives back what nobody has taken, counted.</summary>
    private protected void DropUnread()
    {
        while (unread.TryDequeue(out T? item))
        {
            Release(item);
            Engine.CountOrphan();
        }
    }

    /// <summary>What brought items has stopped by itself: it is armed again, if somebody consumes.</summary>
    private protected void ResumeIfConsumed()
    {
        if (IsConsumed && !IsEnded && !Engine.IsClosed)
        {
            Resume();
        }
    }

    /// <summary>Counts what was dropped before it became an item.</summary>
    private protected void CountDropped(long count) => Volatile.Write(ref dropped, dropped + count);

    private void Begin(HandleSubscription<T> attached)
    {
        while (ReferenceEquals(subscription, attached) && !attached.IsDisposed && unread.TryDequeue(out T? item))
        {
            Hand(attached, item);
        }

        if (!ReferenceEquals(subscription, attached) || attached.IsDisposed)
        {
            return;
        }

        if (IsEnded)
        {
            TellEnd();
        }
        else
        {
            Resume();
        }
    }

    private void Enqueue(T item)
    {
        if (IsEnded)
        {
            Release(item);
            Engine.CountOrphan();
            return;
        }

        if (unread.Count >= capacity && overflow != StreamOverflow.Pause)
        {
            if (capacity == 1 && TryMerge(unread.Peek(), item, out T merged))
            {
                _ = unread.Dequeue();
                unread.Enqueue(merged);
                return;
            }

            CountDropped(1);
            if (overflow == StreamOverflow.Fail)
            {
                Release(item);
                Suspend();
                End(new StreamOverflowException($"The reader of this stream is behind by {capacity} items, and there was one more. Read faster, allow more ({nameof(StreamOptions)}.{nameof(StreamOptions.Capacity)}), or let the source pause ({nameof(StreamOverflow)}.{nameof(StreamOverflow.Pause)})."));
                return;
            }

            Release(unread.Dequeue());
        }

        unread.Enqueue(item);
        if (overflow == StreamOverflow.Pause && unread.Count >= capacity)
        {
            Suspend();
        }
    }

    private void Hand(HandleSubscription<T> to, T item)
    {
        try
        {
            to.Next(item);
        }
        finally
        {
            Release(item);
        }
    }

    private void Resume()
    {
        isPaused = false;
        try
        {
            OnResume();
        }
        catch (InvalidOperationException e)
        {
            End(e); // A handle that is closed, say: the stream is the only way to tell.
        }
    }

    private void Suspend()
    {
        isPaused = true;
        OnSuspend();
    }

    private void Leave()
    {
        if (!StaysAttached)
        {
            Engine.Streams.Remove(this);
        }

        Suspend();
    }

    private void EndConsumerLater()
    {
        if (subscription is not null || reader is not null)
        {
            Engine.Posted.EnqueueLocal(static (s, _) => ((LoopStream<T>)s!).TellEnd(), this);
        }
    }

    /// <summary>Tells the consumer of the end, once what came before was taken.</summary>
    private void TellEnd()
    {
        if (reader is { IsAwaiting: true } waiting)
        {
            waiting.CompleteEnd(failure);
        }
        else if (subscription is { } current && unread.Count == 0)
        {
            subscription = null;
            Leave();
            current.End(failure);
        }
    }

    private void VerifyFree()
    {
        if (reader is not null || subscription is not null)
        {
            throw new InvalidOperationException("This stream has a consumer already. One subscription or one reading at a time: its items have one order. Dispose the other first.");
        }
    }
}
