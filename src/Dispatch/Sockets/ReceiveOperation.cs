using System.Threading.Tasks.Sources;

namespace Dispatch;

/// <summary>
/// A connection's receiving: one multishot request that brings data in provided buffers, and its one consumer, an awaiter or an observer. It is armed while someone consumes
/// and the quota is not used up; a multishot that the kernel ends is armed again without gap or repeat, because whatever it brought is in the queue here.
/// </summary>
internal sealed class ReceiveOperation : Operation, IOwnerSource, IBufferWaiter, IObservable<BufferLease>, IValueTaskSource<BufferLease>, IValueTaskSource<int>
{
    private readonly Connection connection;
    private readonly UnreadLeases unread = new();
    private OwnerCompletionCore core;
    private CancelLink cancel;
    private Memory<byte> destination;
    private BufferLease result;
    private int copied;
    private ReceiveSubscription? subscription;
    private Exception? failure;
    private int error;
    private bool awaited;
    private bool ended;
    private bool starved;
    private bool cancelling;
    private bool interrupted;

    public ReceiveOperation(Connection connection)
        : base(connection.Engine, settled: false) => this.connection = connection;

    /// <inheritdoc/>
    public ref OwnerCompletionCore Core => ref core;

    /// <inheritdoc/>
    public override uint CancelEpoch => (ushort)core.Version;

    /// <inheritdoc/>
    public long ArmedAt { get; private set; }

    private bool IsConsumed => awaited || subscription is not null;

    /// <summary>Receives by lease.</summary>
    public ValueTask<BufferLease> ReceiveAsync(CancellationToken token)
    {
        if (unread.Count != 0 || ended || token.IsCancellationRequested)
        {
            VerifyFree();
            return token.IsCancellationRequested ? ValueTask.FromCanceled<BufferLease>(token)
                : unread.TryTake(out BufferLease lease) ? new(lease)
                : error != 0 ? ValueTask.FromException<BufferLease>(Failure())
                : default;
        }

        BeginAwait(default, token);
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
                : unread.TryTake(out BufferLease lease) ? new(unread.Copy(lease, destination))
                : error != 0 ? ValueTask.FromException<int>(Failure())
                : default;
        }

        BeginAwait(destination, token);
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
        unread.Drop(Engine);
        if (InFlight)
        {
            RequestCancel();
        }
        else if (IsConsumed)
        {
            // By way of the queue: a consumer that throws is the policy's business, and must not keep the descriptor from being closed.
            Engine.Posted.EnqueueLocal(static (s, _) => ((ReceiveOperation)s!).End(), this);
        }
    }

    /// <summary>Makes a subscription the consumer. Owner only.</summary>
    public void Attach(ReceiveSubscription created)
    {
        VerifyFree();
        Prepare();
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
        if (InFlight)
        {
            cancelling = true;
            base.RequestCancel();
        }
        else if (awaited)
        {
            FinishCancel(); // It waits for a buffer: nothing is in flight that could answer.
        }
    }

    /// <inheritdoc/>
    public bool OnBufferAvailable()
    {
        if (!starved)
        {
            return false; // It stands in the line from an earlier wait, which is over.
        }

        starved = false;
        if (!IsConsumed || ended)
        {
            return false;
        }

        Arm();
        return true;
    }

    /// <inheritdoc/>
    public void OnNoMoreBuffers()
    {
        if (starved)
        {
            starved = false;
            interrupted = true;
            Engine.Posted.EnqueueLocal(static (s, _) => ((ReceiveOperation)s!).Continue(), this); // User code runs in turns.
        }
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
    BufferLease IValueTaskSource<BufferLease>.GetResult(short token)
    {
        core.VerifyCompleted(token);
        BufferLease lease = result;
        FinishUse();
        return lease;
    }

    /// <inheritdoc/>
    int IValueTaskSource<int>.GetResult(short token)
    {
        core.VerifyCompleted(token);
        int count = copied;
        FinishUse();
        return count;
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

        if (!terminal)
        {
            Take(lease);
            return;
        }

        Engine.Table.Remove(this);
        OnTerminal(entry.Result);
        connection.OwnedDescriptor.ReleaseUse();
        try
        {
            Take(lease);
        }
        finally
        {
            Continue(); // Also when the consumer threw: the next one is not to find a request that is neither armed nor ended.
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
            case -Errno.ECANCELED:
                interrupted = !cancelling; // The loop ends, or everything on it was cancelled. The connection itself is as it was.
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
        else if (interrupted)
        {
            interrupted = false;
            EndConsumer(OpcodeNames.Explain(Opcode.Recv, -Errno.ECANCELED, null, cancel.Token));
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
        if (awaited && !ended && cancel.Token.IsCancellationRequested)
        {
            starved = false;
            failure = new OperationCanceledException(cancel.Token);
            Resume(default);
        }
    }

    /// <summary>The stream is over: the consumer is told, unless it has something to read before that.</summary>
    private void End()
    {
        if (unread.Count == 0)
        {
            EndConsumer(error == 0 ? null : Failure());
        }
    }

    private void EndConsumer(Exception? reason)
    {
        if (awaited)
        {
            failure = reason;
            Resume(default);
        }
        else if (subscription is { } current)
        {
            subscription = null;
            current.End(reason);
        }
    }

    private void Take(BufferLease lease)
    {
        if (lease.IsEmpty)
        {
            return;
        }

        if (connection.IsClosed)
        {
            lease.Dispose();
            Engine.CountOrphan();
        }
        else if (awaited)
        {
            Resume(lease);
        }
        else if (subscription is { IsDisposed: false } current && unread.Count == 0)
        {
            Hand(current, lease);
        }
        else
        {
            // Nobody reads, or the subscriber has older data to read first: its replay takes this along.
            unread.Add(lease);
            if (unread.Count >= Engine.Options.ReceiveQuota && InFlight && !cancelling)
            {
                RequestCancel(); // Its reader is slow: stop, so that the peer's window closes. The next receive arms it again.
            }
        }
    }

    private void Hand(ReceiveSubscription to, BufferLease lease)
    {
        try
        {
            to.Next(lease);
        }
        finally
        {
            lease.Dispose();
            Engine.Scope.Restore();
        }
    }

    private void BeginAwait(Memory<byte> destination, CancellationToken token)
    {
        VerifyFree();
        Prepare();
        this.destination = destination;
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
        if (cancel.IsArmed)
        {
            cancel.Disarm();
        }

        if (destination.IsEmpty)
        {
            result = lease;
        }
        else
        {
            // Here and not when the result is read, which may be on another thread while more arrives.
            CopyResult(lease);
        }

        core.SetCompleted(Engine);
    }

    private void CopyResult(BufferLease lease)
    {
        Memory<byte> target = destination;
        destination = default;
        copied = 0;
        if (lease.IsEmpty)
        {
            return;
        }

        try
        {
            copied = unread.Copy(lease, target);
        }
        catch (Exception e)
        {
            failure = e; // The memory is the caller's, and so is what it throws.
        }
    }

    private void FinishUse()
    {
        Exception? thrown = failure;
        result = default;
        failure = null;
        cancel.Clear();
        core.Reset();
        if (thrown is not null)
        {
            throw thrown;
        }
    }

    private ValueTaskSourceStatus GetStatus(short token)
    {
        core.Verify(token);
        return !core.IsCompleted ? ValueTaskSourceStatus.Pending
            : failure is null ? ValueTaskSourceStatus.Succeeded
            : failure is OperationCanceledException ? ValueTaskSourceStatus.Canceled
            : ValueTaskSourceStatus.Faulted;
    }

    private void Arm()
    {
        if (InFlight || starved || ended)
        {
            return;
        }

        SubmissionEntry entry = default;
        entry.Opcode = Opcode.Recv;
        entry.Flags = EntryFlags.BufferSelect;
        entry.IoPriority = IoUringAbi.IORING_RECV_MULTISHOT;
        entry.Fd = connection.OwnedDescriptor.Number;
        entry.BufferGroup = BufferPool.Group;
        connection.OwnedDescriptor.AddUse();
        TakeSlot();
        ArmedAt = Engine.ReceiveBuffers.Provided;
        StartEntry(entry);
    }

    private void Replay(ReceiveSubscription to)
    {
        while (ReferenceEquals(subscription, to) && !to.IsDisposed && unread.TryTake(out BufferLease lease))
        {
            Hand(to, lease);
        }

        if (ReferenceEquals(subscription, to) && ended)
        {
            End();
        }
    }

    /// <summary>What may fail is done before anybody counts as a consumer.</summary>
    private void Prepare()
    {
        Engine.VerifyOpen();
        _ = Engine.ReceiveBuffers;
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
