using System.Threading.Tasks.Sources;

namespace Dispatch;

/// <summary>
/// A connection's receiving: one multishot request that brings data in provided buffers, and its one consumer, an awaiter or an observer. It is armed while someone consumes
/// and the quota is not used up; a multishot that the kernel ends is armed again without gap or repeat, because whatever it brought is in the queue here.
/// </summary>
internal sealed class ReceiveOperation : Operation, IOwnerSource, IBufferWaiter, IObservable<BufferLease>, IValueTaskSource<BufferLease>, IValueTaskSource<int>
{
    private readonly Connection connection;
    private readonly Queue<BufferLease> unread = new(0);
    private OwnerCompletionCore core;
    private CancelLink cancel;
    private Memory<byte> destination;
    private BufferLease result;
    private ReceiveSubscription? subscription;
    private Exception? failure;
    private int error;
    private bool awaited;
    private bool ended;
    private bool starved;
    private bool cancelling;

    public ReceiveOperation(Connection connection)
        : base(connection.Engine, takesSlot: false) => this.connection = connection;

    /// <inheritdoc/>
    public ref OwnerCompletionCore Core => ref core;

    /// <inheritdoc/>
    public override uint CancelEpoch => (ushort)core.Version;

    private bool IsConsumed => awaited || subscription is not null;

    /// <summary>Receives by lease.</summary>
    public ValueTask<BufferLease> ReceiveAsync(CancellationToken token)
    {
        if (unread.Count != 0 || ended || token.IsCancellationRequested)
        {
            VerifyFree();
            return token.IsCancellationRequested ? ValueTask.FromCanceled<BufferLease>(token)
                : unread.TryDequeue(out BufferLease lease) ? new(lease)
                : error != 0 ? ValueTask.FromException<BufferLease>(Failure())
                : default;
        }

        BeginAwait(token);
        return new(this, core.Version);
    }

    /// <summary>Receives by copy.</summary>
    public ValueTask<int> ReceiveAsync(Memory<byte> destination, CancellationToken token)
    {
        if (destination.IsEmpty)
        {
            throw new ArgumentException("The destination is empty: a receive into it could not be told from the end of the stream.", nameof(destination));
        }

        if (unread.Count != 0 || ended || token.IsCancellationRequested)
        {
            VerifyFree();
            return token.IsCancellationRequested ? ValueTask.FromCanceled<int>(token)
                : unread.TryDequeue(out BufferLease lease) ? new(CopyOut(lease, destination))
                : error != 0 ? ValueTask.FromException<int>(Failure())
                : default;
        }

        BeginAwait(token);
        this.destination = destination;
        return new(this, core.Version);
    }

    /// <inheritdoc/>
    public IDisposable Subscribe(IObserver<BufferLease> observer)
    {
        ArgumentNullException.ThrowIfNull(observer);
        ReceiveSubscription created = new(this, observer);
        if (Engine.IsOwner)
        {
            Attach(created);
        }
        else
        {
            Engine.Posted.Post(static (s, _) => ((ReceiveSubscription)s!).AttachFromInbox(), created, 0);
        }

        return created;
    }

    /// <summary>The connection closes: whoever waits is told, and what was not read goes back.</summary>
    public void Close()
    {
        ended = true;
        error = error == 0 ? Errno.ECANCELED : error;
        RequestCancel();
        while (unread.TryDequeue(out BufferLease lease))
        {
            lease.Dispose();
        }

        if (!InFlight)
        {
            End();
        }
    }

    /// <summary>Makes a subscription the consumer. Owner only.</summary>
    public void Attach(ReceiveSubscription created)
    {
        VerifyFree();
        subscription = created;
        if (unread.Count != 0 || ended)
        {
            Engine.Posted.EnqueueLocal(static (s, _) => ((ReceiveSubscription)s!).Owner.Replay((ReceiveSubscription)s), created);
        }

        Arm();
    }

    /// <summary>The subscription is the consumer no more. Owner only.</summary>
    public void Detach(ReceiveSubscription from)
    {
        if (ReferenceEquals(subscription, from))
        {
            subscription = null;
            if (InFlight)
            {
                RequestCancel();
            }
        }
    }

    /// <inheritdoc/>
    public override void RequestCancel()
    {
        cancelling = true;
        if (InFlight)
        {
            base.RequestCancel();
        }
        else if (starved || awaited)
        {
            // Nothing is in flight that could answer.
            FinishCancel();
        }
    }

    /// <inheritdoc/>
    public bool OnBufferAvailable()
    {
        starved = false;
        if (!IsConsumed || ended)
        {
            return false;
        }

        Arm();
        return true;
    }

    /// <inheritdoc/>
    ValueTaskSourceStatus IValueTaskSource<BufferLease>.GetStatus(short token) => GetStatus(token);

    /// <inheritdoc/>
    ValueTaskSourceStatus IValueTaskSource<int>.GetStatus(short token) => GetStatus(token);

    /// <inheritdoc/>
    void IValueTaskSource<BufferLease>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        core.OnCompleted(Engine, this, continuation, state, token, flags);

    /// <inheritdoc/>
    void IValueTaskSource<int>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        core.OnCompleted(Engine, this, continuation, state, token, flags);

    /// <inheritdoc/>
    BufferLease IValueTaskSource<BufferLease>.GetResult(short token) => TakeResult(token);

    /// <inheritdoc/>
    int IValueTaskSource<int>.GetResult(short token)
    {
        core.VerifyCompleted(token);
        Memory<byte> target = destination;
        BufferLease lease = TakeResult(token);
        return lease.IsEmpty ? 0 : CopyOut(lease, target);
    }

    /// <inheritdoc/>
    protected override void OnCompletion(in CompletionEntry entry, bool terminal)
    {
        BufferLease lease = default;
        if ((entry.Flags & IoUringAbi.IORING_CQE_F_BUFFER) != 0)
        {
            if (entry.Result > 0)
            {
                lease = Engine.ReceiveBuffers.Lease(entry.Flags, entry.Result);
            }
            else
            {
                Engine.ReceiveBuffers.Recycle((ushort)(entry.Flags >> IoUringAbi.IORING_CQE_BUFFER_SHIFT));
            }
        }

        if (terminal)
        {
            Engine.Table.Remove(this);
            OnTerminal(entry.Result);
            connection.OwnedDescriptor.ReleaseUse();
        }

        if (!lease.IsEmpty)
        {
            Take(lease);
        }

        if (terminal)
        {
            Continue();
        }
    }

    private void OnTerminal(int outcome)
    {
        switch (outcome)
        {
            case > 0:
            case -Errno.EINTR:
            case -Errno.EAGAIN:
                break; // A healthy multishot that the kernel ended: Continue arms it again.
            case 0:
                ended = true;
                break;
            case -Errno.ENOBUFS:
                // No error of the connection: it waits for a buffer like others before it.
                starved = IsConsumed && !cancelling;
                break;
            case -Errno.ECANCELED when cancelling:
                break;
            default:
                ended = true;
                error = -outcome;
                break;
        }
    }

    private void Continue()
    {
        if (cancelling)
        {
            FinishCancel();
        }

        if (ended)
        {
            End();
        }
        else if (starved)
        {
            Engine.ReceiveBuffers.WaitForBuffer(this);
        }
        else if (IsConsumed)
        {
            Arm();
        }
    }

    /// <summary>The answer to a cancel is here: of an await, of a subscription, or of a pause when the quota was used up.</summary>
    private void FinishCancel()
    {
        cancelling = false;
        starved = false;
        if (awaited && cancel.Token.IsCancellationRequested)
        {
            failure = new OperationCanceledException(cancel.Token);
            Resume(default);
        }
        else if (connection.IsClosed)
        {
            End();
        }
    }

    private void End()
    {
        if (awaited)
        {
            if (error != 0)
            {
                failure = Failure();
            }

            Resume(default);
        }

        if (subscription is { } current)
        {
            subscription = null;
            current.End(error == 0 ? null : Failure());
        }
    }

    private void Take(BufferLease lease)
    {
        if (connection.IsClosed)
        {
            lease.Dispose();
            Engine.CountOrphan();
        }
        else if (awaited)
        {
            Resume(lease);
        }
        else if (subscription is { } current)
        {
            try
            {
                current.Next(lease);
            }
            finally
            {
                lease.Dispose();
                Engine.Scope.Restore();
            }
        }
        else
        {
            unread.Enqueue(lease);
            if (unread.Count >= Engine.Options.ReceiveQuota && InFlight && !cancelling)
            {
                RequestCancel(); // Its reader is slow: stop, so that the peer's window closes. The next receive arms it again.
            }
        }
    }

    private void BeginAwait(CancellationToken token)
    {
        VerifyFree();
        awaited = true;
        Arm();
        if (token.CanBeCanceled)
        {
            cancel.Arm(this, 0, token);
        }
    }

    private void Resume(BufferLease lease)
    {
        awaited = false;
        result = lease;
        if (cancel.IsArmed)
        {
            cancel.Disarm();
        }

        core.SetCompleted(Engine);
    }

    private BufferLease TakeResult(short token)
    {
        core.VerifyCompleted(token);
        BufferLease lease = result;
        Exception? thrown = failure;
        result = default;
        failure = null;
        destination = default;
        core.Reset();
        cancel.Clear();
        return thrown is null ? lease : throw thrown;
    }

    private ValueTaskSourceStatus GetStatus(short token)
    {
        core.Verify(token);
        return !core.IsCompleted ? ValueTaskSourceStatus.Pending
            : failure is null ? ValueTaskSourceStatus.Succeeded
            : failure is OperationCanceledException ? ValueTaskSourceStatus.Canceled
            : ValueTaskSourceStatus.Faulted;
    }

    private int CopyOut(BufferLease lease, Memory<byte> target)
    {
        int count = Math.Min(lease.Length, target.Length);
        lease.Span[..count].CopyTo(target.Span);
        if (count == lease.Length)
        {
            lease.Dispose();
            return count;
        }

        // The rest is the next reader's, before anything that came later.
        int behind = unread.Count;
        unread.Enqueue(lease.Skip(count));
        while (behind-- > 0)
        {
            unread.Enqueue(unread.Dequeue());
        }

        return count;
    }

    private void Arm()
    {
        if (InFlight || starved || ended || cancelling)
        {
            return;
        }

        _ = Engine.ReceiveBuffers;
        SubmissionEntry entry = default;
        entry.Opcode = Opcode.Recv;
        entry.Flags = EntryFlags.BufferSelect;
        entry.IoPriority = IoUringAbi.IORING_RECV_MULTISHOT;
        entry.Fd = connection.OwnedDescriptor.Number;
        entry.BufferGroup = BufferPool.Group;
        connection.OwnedDescriptor.AddUse();
        Engine.Table.Add(this);
        StartEntry(entry);
    }

    private void Replay(ReceiveSubscription to)
    {
        while (ReferenceEquals(subscription, to) && unread.TryDequeue(out BufferLease lease))
        {
            Take(lease);
        }

        if (ReferenceEquals(subscription, to) && ended)
        {
            End();
        }
    }

    private void VerifyFree()
    {
        ObjectDisposedException.ThrowIf(connection.IsClosed, connection);
        if (awaited || core.IsCompleted || subscription is not null)
        {
            throw new InvalidOperationException("This connection is being received from already. One receive or one subscription at a time: the bytes have one order.");
        }
    }

    private Exception Failure() => error == Errno.ECANCELED && connection.IsClosed
        ? new ObjectDisposedException(nameof(Connection), "The connection was closed while it was being received from.")
        : OpcodeNames.Explain(Opcode.Recv, -error, null, default);
}
