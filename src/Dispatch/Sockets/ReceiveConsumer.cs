namespace Dispatch;

/// <summary>
/// The user's side of a connection's receiving: what came and was not read yet, and the one consumer, an awaiter or an observer. Owner thread only, but for what posts itself there.
/// </summary>
internal sealed class ReceiveConsumer(ReceiveOperation operation) : IObservable<BufferLease>, ISubscriptionOwner<BufferLease>
{
    private readonly UnreadLeases unread = new();
    private ReceiveAwait? awaiting;
    private HandleSubscription<BufferLease>? subscription;
    private ConnectionInput? input;
    private bool inputWaits;

    /// <inheritdoc/>
    public LoopEngine Engine => operation.Engine;

    /// <summary>Gets the await, which is made for the first one: a connection that is read through its <see cref="Connection.Input"/> has none.</summary>
    public ReceiveAwait Await => awaiting ??= new ReceiveAwait(operation, unread);

    /// <summary>Gets the subscription that takes what comes, or null; for reports.</summary>
    public object? Observer => subscription;

    /// <summary>Gets a value indicating whether somebody takes what comes.</summary>
    public bool IsConsuming => awaiting is { IsWaiting: true } || inputWaits || subscription is not null;

    /// <summary>Gets a value indicating whether a read, a subscription or a result that was not taken yet stands against giving the connection away.</summary>
    public bool IsBusy => IsConsuming || awaiting is { IsBusy: true } || input is { IsBusy: true };

    /// <summary>Gets a value indicating whether something came and was not read.</summary>
    public bool HasUnread => unread.Count != 0;

    /// <summary>Gets a value indicating whether the reader has been given everything there will ever be.</summary>
    public bool IsInputEnded => operation.IsEnded && unread.Count == 0;

    /// <summary>Gets why nothing more comes, or null when the peer has finished sending.</summary>
    public Exception? Failure => operation.Failure;

    /// <summary>Gets a value indicating whether an await's token has asked for its end.</summary>
    public bool IsAwaitCancelled => awaiting is { IsWaiting: true, Token.IsCancellationRequested: true };

    /// <summary>Gets the number of the present await.</summary>
    public short AwaitVersion => awaiting?.Core.Version ?? 0;

    /// <summary>Gets the token of the await.</summary>
    public CancellationToken Token => awaiting?.Token ?? default;

    /// <summary>Receives by lease.</summary>
    public ValueTask<BufferLease> ReceiveAsync(CancellationToken token)
    {
        if (unread.Count != 0 || operation.IsEnded || token.IsCancellationRequested)
        {
            VerifyFree();
            return token.IsCancellationRequested ? ValueTask.FromCanceled<BufferLease>(token)
                : unread.TryTake(out BufferLease lease) ? new(lease.Taken())
                : operation.Failure is { } error ? ValueTask.FromException<BufferLease>(error)
                : default;
        }

        return new(BeginAwait(default, isProbe: false, token), AwaitVersion);
    }

    /// <summary>Receives by copy.</summary>
    public ValueTask<int> ReceiveAsync(Memory<byte> destination, CancellationToken token)
    {
        if (destination.IsEmpty)
        {
            throw new ArgumentException("The destination is empty: a receive into it could not be told from the end of the stream.", nameof(destination));
        }

        if (unread.Count != 0 || operation.IsEnded || token.IsCancellationRequested)
        {
            VerifyFree();
            return token.IsCancellationRequested ? ValueTask.FromCanceled<int>(token)
                : unread.TryTake(out BufferLease lease) ? new(unread.Copy(lease, destination))
                : operation.Failure is { } error ? ValueTask.FromException<int>(error)
                : default;
        }

        return new(BeginAwait(destination, isProbe: false, token), AwaitVersion);
    }

    /// <summary>Waits until there is something to read, and takes nothing. The number is 0.</summary>
    public ValueTask<int> WhenReadableAsync(CancellationToken token)
    {
        VerifyFree();
        if (token.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<int>(token);
        }

        if (unread.Count != 0 || operation.IsEnded)
        {
            return unread.Count == 0 && operation.Failure is { } error ? ValueTask.FromException<int>(error) : default;
        }

        return new(BeginAwait(default, isProbe: true, token), AwaitVersion);
    }

    /// <summary>Makes a reader the one consumer, until <see cref="EndInput"/>.</summary>
    public void BeginInput(ConnectionInput reader)
    {
        operation.VerifyOpen();
        if (!ReferenceEquals(input, reader))
        {
            VerifyFree();
            input = reader;
        }
    }

    /// <summary>Takes what came first, for the reader.</summary>
    public bool TryTakeForInput(out BufferLease lease) => unread.TryTake(out lease);

    /// <summary>The reader waits: what comes is handed to it.</summary>
    public void BeginInputWait()
    {
        operation.Prepare();
        inputWaits = true;
        operation.Arm();
    }

    /// <summary>The reader waits no more.</summary>
    public void EndInputWait() => inputWaits = false;

    /// <summary>Receives for a reader that looks in now and then.</summary>
    public void ArmForInput()
    {
        operation.Prepare();
        operation.Arm();
    }

    /// <summary>Receives on between two reads, for somebody who is to be told of the end of the stream while nobody reads. Where a multishot request is in flight, as a rule, there is nothing to do.</summary>
    public void KeepWatch() => operation.ArmIfWanted();

    /// <summary>The reader reads no more. What it has not consumed comes before what it has not seen.</summary>
    public void EndInput(InputChain rest)
    {
        input = null;
        rest.MoveTo(unread);
    }

    /// <summary>The connection goes to another loop, and takes along what was not read.</summary>
    public void Detach()
    {
        unread.Detach();
        input?.Detach();
    }

    /// <inheritdoc/>
    public IDisposable Subscribe(IObserver<BufferLease> observer)
    {
        ArgumentNullException.ThrowIfNull(observer);
        HandleSubscription<BufferLease> created = new(this, observer);
        if (Engine.IsOwner)
        {
            Attach(created);
        }
        else
        {
            Engine.Posted.Post(static (s, _) => ((HandleSubscription<BufferLease>)s!).AttachFromInbox(), created, 0);
        }

        return created;
    }

    /// <summary>Makes a subscription the consumer.</summary>
    public void Attach(HandleSubscription<BufferLease> created)
    {
        VerifyFree();
        operation.Prepare();
        subscription = created;
        if (unread.Count != 0 || operation.IsEnded)
        {
            Engine.Posted.EnqueueLocal((s, _) => Replay((HandleSubscription<BufferLease>)s!), created);
        }

        operation.Arm();
    }

    /// <summary>The subscription is the consumer no more.</summary>
    public void Detach(HandleSubscription<BufferLease> from)
    {
        if (ReferenceEquals(subscription, from))
        {
            subscription = null;
            if (operation.InFlight)
            {
                operation.RequestCancel();
            }
        }
    }

    /// <summary>Takes what has come: to the consumer, or into the queue.</summary>
    public void Take(BufferLease lease)
    {
        if (awaiting is { IsWaiting: true } waiting)
        {
            waiting.Resume(lease);
        }
        else if (inputWaits)
        {
            input!.OnArrived(lease);
        }
        else if (subscription is { IsDisposed: false } current && unread.Count == 0)
        {
            Hand(current, lease);
        }
        else
        {
            // Nobody reads, or the subscriber has older data to read first: its replay takes this along.
            unread.Add(lease);
            if (unread.Count >= operation.Quota)
            {
                operation.Pause();
            }
        }
    }

    /// <summary>Takes one of several buffers that have come at once: into the queue. <see cref="Serve"/> follows the last of them.</summary>
    public void Keep(BufferLease lease) => unread.Add(lease);

    /// <summary>Several buffers have come: the consumer is given what it asked for.</summary>
    public void Serve()
    {
        if (awaiting is { IsWaiting: true } waiting)
        {
            BufferLease lease = default;
            if (!waiting.IsProbe)
            {
                unread.TryTake(out lease);
            }

            waiting.Resume(lease);
        }
        else if (inputWaits)
        {
            input!.OnArrived();
        }
        else if (subscription is { } current)
        {
            Replay(current);
        }

        if (unread.Count >= operation.Quota)
        {
            operation.Pause();
        }
    }

    /// <summary>The stream is over: the consumer is told, unless it has something to read before that.</summary>
    public void EndStream()
    {
        if (unread.Count == 0)
        {
            End(operation.Failure);
        }
    }

    /// <summary>Tells the consumer that nothing more comes.</summary>
    public void End(Exception? reason)
    {
        if (awaiting is { IsWaiting: true } waiting)
        {
            waiting.End(reason);
        }
        else if (inputWaits)
        {
            input!.OnEnded(reason);
        }
        else if (subscription is { } current)
        {
            subscription = null;
            current.End(reason);
        }
    }

    /// <summary>Gives back what nobody will read.</summary>
    public void DropUnread()
    {
        unread.Drop(Engine);
        input?.OnClosing();
    }

    private static void Hand(HandleSubscription<BufferLease> to, BufferLease lease)
    {
        try
        {
            to.Next(lease);
        }
        finally
        {
            lease.Dispose();
        }
    }

    private ReceiveAwait BeginAwait(Memory<byte> destination, bool isProbe, CancellationToken token)
    {
        VerifyFree();
        Await.Begin(destination, isProbe, token);
        return awaiting!;
    }

    private void Replay(HandleSubscription<BufferLease> to)
    {
        while (ReferenceEquals(subscription, to) && !to.IsDisposed && unread.TryTake(out BufferLease lease))
        {
            Hand(to, lease);
        }

        if (ReferenceEquals(subscription, to) && operation.IsEnded)
        {
            EndStream();
        }
    }

    private void VerifyFree()
    {
        operation.VerifyOpen();
        if (input is not null)
        {
            throw new InvalidOperationException("This connection is read through its Input. Complete that first; what it has not consumed is then the next reader's.");
        }

        if (awaiting is { IsBusy: true } || subscription is not null)
        {
            throw new InvalidOperationException("This connection is being received from already. One receive or one subscription at a time: the bytes have one order.");
        }
    }
}
