using System.Net.Sockets;

namespace Dispatch;

/// <summary>
/// The kernel's side of a connection's receiving: one multishot request that brings data in provided buffers. It is armed while someone consumes and the quota is not used up; a
/// multishot that the kernel ends is armed again without gap or repeat, because whatever it brought is with the <see cref="ReceiveConsumer"/>. Owner thread only.
/// </summary>
internal sealed class ReceiveOperation : Operation, IBufferWaiter
{
    private readonly Connection connection;
    private int error;
    private bool starved;
    private bool cancelling;
    private bool interrupted;

    public ReceiveOperation(Connection connection)
        : base(connection.Engine, settled: false)
    {
        this.connection = connection;
        Consumer = new ReceiveConsumer(this);
    }

    /// <summary>Gets the user's side.</summary>
    public ReceiveConsumer Consumer { get; }

    /// <inheritdoc/>
    public override object? Observer => Consumer.Observer;

    /// <inheritdoc/>
    public override uint CancelEpoch => (ushort)Consumer.AwaitVersion;

    /// <inheritdoc/>
    public long ArmedAt { get; private set; }

    /// <summary>Gets a value indicating whether nothing more comes: the peer has finished sending, the connection broke, or it was closed.</summary>
    public bool IsEnded { get; private set; }

    /// <summary>Gets how many buffers may be unread: when half of the loop's are out, no more than the loop allows any connection.</summary>
    public int Quota => Engine.ReceiveBuffers.IsScarce ? Math.Min(connection.ReceiveQuota, Engine.Options.ReceiveQuota) : connection.ReceiveQuota;

    /// <summary>Gets a value indicating whether the connection was closed on this side.</summary>
    public bool IsClosed => connection.IsClosed;

    /// <summary>Gets why nothing more comes, or null when the peer has finished sending.</summary>
    public Exception? Failure => error == 0 ? null
        : error == Errno.ECANCELED && connection.IsClosed ? new ObjectDisposedException(nameof(Connection), "The connection was closed while it was being received from.")
        : OpcodeNames.Explain(Opcode.Recv, -error, null, default);

    /// <summary>Gets a value indicating whether to receive: for the consumer, or for somebody who is to be told of the end also while nobody reads.</summary>
    private bool IsWanted => Consumer.IsConsuming || (connection.ReceiveEnded is not null && !Consumer.HasUnread && !connection.IsMoving && !Engine.IsClosed);

    /// <summary>Throws when the connection was closed, or is on its way to another loop.</summary>
    public void VerifyOpen()
    {
        ObjectDisposedException.ThrowIf(connection.IsClosed, connection);
        connection.VerifyNotMoving();
    }

    /// <summary>What may fail is done before anybody counts as a consumer.</summary>
    public void Prepare()
    {
        Engine.VerifyOpen();
        _ = Engine.ReceiveBuffers;
    }

    /// <summary>Arms the request, if nothing stands against it.</summary>
    public void Arm()
    {
        if (InFlight || starved || IsEnded)
        {
            return;
        }

        SubmissionEntry entry = default;
        entry.Opcode = Opcode.Recv;
        entry.Flags = EntryFlags.BufferSelect;
        if (connection.Family != AddressFamily.Unix)
        {
            // Since Linux 6.17 a multishot on a Unix-domain stream believes the socket's count of unread bytes: the end of the stream, when it came before the last of them
            // was read, counts for nothing, and is never reported. One receive at a time finds it.
            entry.IoPriority = IoUringAbi.IORING_RECV_MULTISHOT;
            if (Engine.Ring.BundlesReceives)
            {
                // One completion brings as many buffers as there is data for; no more than would make it pause.
                entry.IoPriority |= IoUringAbi.IORING_RECVSEND_BUNDLE;
                entry.Length = (uint)Math.Min((long)connection.ReceiveQuota * Engine.ReceiveBuffers.BufferSize, int.MaxValue);
            }
        }

        entry.Fd = connection.OwnedDescriptor.Number;
        entry.BufferGroup = BufferPool.Group;
        connection.OwnedDescriptor.AddUse();
        TakeSlot();
        cancelling = false; // Whoever asked, asked for the end of the request before this one.
        ArmedAt = Engine.ReceiveBuffers.Provided;
        StartEntry(entry);
    }

    /// <summary>The same, if somebody is there for whom to receive.</summary>
    public void ArmIfWanted()
    {
        if (IsWanted)
        {
            Arm();
        }
    }

    /// <summary>Its reader is slow: stops, so that the peer's window closes. The next receive arms it again.</summary>
    public void Pause()
    {
        if (InFlight && !cancelling)
        {
            RequestCancel();
        }
    }

    /// <summary>Ends what is armed, before the connection goes to another loop. What it brings until its end stays with the consumer.</summary>
    public void Leave()
    {
        Pause();
        starved = false;
        Engine.ReceiveBuffersIfCreated?.Line.Forget(this); // It may stand in line from an earlier wait, which is over.
    }

    /// <summary>The connection closes: whoever waits is told, and what was not read goes back.</summary>
    public void Close()
    {
        IsEnded = true;
        error = error == 0 ? Errno.ECANCELED : error;
        Consumer.DropUnread();
        if (InFlight)
        {
            RequestCancel();
        }
        else if (Consumer.IsConsuming)
        {
            // By way of the queue: a consumer that throws is the policy's business, and must not keep the descriptor from being closed.
            Engine.Posted.EnqueueLocal(static (s, _) => ((ReceiveOperation)s!).Consumer.EndStream(), this);
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
        else
        {
            FinishCancel(); // An await that waits for a buffer: nothing is in flight that could answer.
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
        if (!IsWanted || IsEnded)
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
    protected override void OnCompletion(in CompletionEntry entry, bool terminal)
    {
        if (!terminal)
        {
            Hand(entry);
            return;
        }

        Engine.Table.Remove(this);
        OnTerminal(entry.Result);
        connection.OwnedDescriptor.ReleaseUse();
        try
        {
            Hand(entry);
        }
        finally
        {
            Continue(); // Also when the consumer threw: the next one is not to find a request that is neither armed nor ended.
        }
    }

    private void Hand(in CompletionEntry entry)
    {
        if ((entry.Flags & IoUringAbi.IORING_CQE_F_BUFFER) == 0)
        {
            return;
        }

        BufferPool buffers = Engine.ReceiveBuffers;
        if (entry.Result <= 0)
        {
            buffers.Recycle((ushort)(entry.Flags >> IoUringAbi.IORING_CQE_BUFFER_SHIFT));
        }
        else if (connection.IsClosed)
        {
            buffers.RecycleAll(entry.Flags, entry.Result);
            Engine.CountOrphan();
        }
        else if (entry.Result <= buffers.BufferSize)
        {
            Consumer.Take(buffers.Lease(entry.Flags, entry.Result));
        }
        else
        {
            // All of them are the consumer's before its code runs, which may do anything to the connection.
            int id = (int)(entry.Flags >> IoUringAbi.IORING_CQE_BUFFER_SHIFT);
            for (int left = entry.Result; left > 0;)
            {
                Consumer.Keep(buffers.LeaseOfBundle(ref id, ref left));
            }

            Consumer.Serve();
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
                IsEnded = true;
                break;
            case -Errno.ENOBUFS:
                // No error of the connection: it waits for a buffer like others before it.
                starved = IsWanted && !cancelling;
                break;
            case -Errno.ECANCELED:
                interrupted = !cancelling; // The loop ends, or everything on it was cancelled. The connection itself is as it was.
                break;
            default:
                IsEnded = true;
                error = -outcome;
                break;
        }
    }

    private void Continue()
    {
        if (cancelling && !InFlight)
        {
            FinishCancel(); // In flight again, by a consumer that was handed the last data: then the cancel is the new request's, and its answer to come.
        }

        if (IsEnded)
        {
            connection.ReceiveEnded?.Invoke();
            Consumer.EndStream();
        }
        else if (interrupted)
        {
            interrupted = false;
            Consumer.End(OpcodeNames.Explain(Opcode.Recv, -Errno.ECANCELED, null, Consumer.Token));
        }
        else if (starved)
        {
            Engine.ReceiveBuffers.Line.Enter(this);
        }
        else
        {
            ArmIfWanted();
        }
    }

    /// <summary>The answer to a cancel is here: of an await, of a subscription, or of a pause when the quota was used up.</summary>
    private void FinishCancel()
    {
        cancelling = false;
        if (!IsEnded && Consumer.IsAwaitCancelled)
        {
            starved = false;
            Consumer.End(new OperationCanceledException(Consumer.Token));
        }
    }
}
