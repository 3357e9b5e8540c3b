namespace Dispatch;

/// <summary>
/// The one request behind a <see cref="PipeSource"/>: a multishot read, a single one, or, where a descriptor that does not wait had nothing, a poll. Owner thread only.
/// </summary>
internal sealed class PipeReadOperation(PipeData stream, PipeSource source, bool isMultishot) : Operation(source.Engine, settled: false), IBufferWaiter
{
    private bool isMultishot = isMultishot;
    private bool isPolling;
    private bool pollsNext;
    private bool cancelling;
    private bool starved;
    private int buffer = -1;

    /// <inheritdoc/>
    public override object? Observer => stream;

    /// <inheritdoc/>
    public long ArmedAt { get; private set; }

    private BufferPool Pool => isMultishot ? Engine.ReceiveBuffers : Engine.ReadBuffers;

    /// <summary>What may fail is done before anybody counts as a consumer.</summary>
    public void Prepare()
    {
        if (!source.IsClosed)
        {
            _ = Pool;
        }
    }

    /// <summary>Arms the request, if nothing stands against it.</summary>
    public void Arm()
    {
        if (InFlight || starved || source.IsClosed)
        {
            return;
        }

        SubmissionEntry entry = default;
        entry.Fd = source.OwnedDescriptor.Number;
        isPolling = pollsNext;
        if (pollsNext)
        {
            pollsNext = false;
            entry.Opcode = Opcode.PollAdd;
            entry.OperationFlags = (uint)PollEvents.Readable;
        }
        else if (isMultishot)
        {
            entry.Opcode = Opcode.ReadMultishot;
            entry.Flags = EntryFlags.BufferSelect;
            entry.BufferGroup = BufferPool.Group;
            entry.Offset = ulong.MaxValue;
        }
        else if (Pool.TryTake(out buffer, out nint address))
        {
            entry.Opcode = Opcode.Read;
            entry.Address = (ulong)address;
            entry.Length = (uint)Pool.BufferSize;
            entry.Offset = ulong.MaxValue;
        }
        else
        {
            Starve();
            return;
        }

        ArmedAt = Pool.Provided;
        source.OwnedDescriptor.AddUse();
        TakeSlot();
        StartEntry(entry);
    }

    /// <summary>Ends it.</summary>
    public void Stop()
    {
        if (InFlight && !cancelling)
        {
            cancelling = true;
            RequestCancel();
        }
    }

    /// <inheritdoc/>
    public bool OnBufferAvailable()
    {
        if (!starved)
        {
            return false;
        }

        starved = false;
        stream.OnDisarmed();
        return InFlight;
    }

    /// <inheritdoc/>
    public void OnNoMoreBuffers() => starved = false; // The loop ends; the stream is told by the loop.

    /// <inheritdoc/>
    protected override void OnCompletion(in CompletionEntry entry, bool terminal)
    {
        BufferLease lease = TakeBuffer(entry);
        if (!terminal)
        {
            Hand(lease);
            return;
        }

        Engine.Table.Remove(this);
        bool asked = cancelling;
        cancelling = false;
        source.OwnedDescriptor.ReleaseUse();
        try
        {
            Hand(lease);
        }
        finally
        {
            OnEnded(entry.Result, asked); // Also when the consumer threw.
        }
    }

    private BufferLease TakeBuffer(in CompletionEntry entry)
    {
        if (buffer >= 0)
        {
            int id = buffer;
            buffer = -1;
            if (entry.Result > 0)
            {
                return Engine.ReadBuffers.LeaseLoose(id, entry.Result);
            }

            Engine.ReadBuffers.PutBack(id);
        }
        else if ((entry.Flags & IoUringAbi.IORING_CQE_F_BUFFER) != 0)
        {
            if (entry.Result > 0)
            {
                return Engine.ReceiveBuffers.Lease(entry.Flags, entry.Result);
            }

            Engine.ReceiveBuffers.Recycle((ushort)(entry.Flags >> IoUringAbi.IORING_CQE_BUFFER_SHIFT));
        }

        return default;
    }

    private void Hand(BufferLease lease)
    {
        if (!lease.IsEmpty)
        {
            stream.OnData(lease);
        }
    }

    private void OnEnded(int result, bool asked)
    {
        switch (result)
        {
            case 0 when !isPolling:
                stream.OnEnd(null);
                return;
            case >= 0 or -Errno.EINTR:
                break;
            case -Errno.EAGAIN when !isPolling:
                pollsNext = true; // Opened for reading without waiting.
                break;
            case -Errno.ECANCELED when asked || Engine.IsClosed:
                break;
            case -Errno.ENOBUFS when isMultishot:
                if (stream.IsWanted)
                {
                    Starve();
                }

                return;
            case -Errno.EBADFD or -Errno.EINVAL when isMultishot:
                isMultishot = false; // No file of that kind after all: one read after the other does.
                break;
            default:
                stream.OnEnd(OpcodeNames.Explain(Opcode.Read, result, null, default));
                return;
        }

        stream.OnDisarmed();
    }

    private void Starve()
    {
        starved = true;
        Pool.Line.Enter(this);
    }
}
