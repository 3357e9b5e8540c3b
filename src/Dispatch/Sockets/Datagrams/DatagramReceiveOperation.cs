using System.Runtime.InteropServices;

namespace Dispatch;

/// <summary>
/// The one request behind a <see cref="DatagramStream"/>: a multishot receive of messages into provided buffers, armed again without gap when the kernel ends it. <c>io_uring_prep_recvmsg_multishot(3)</c>. Owner thread only.
/// </summary>
internal sealed unsafe class DatagramReceiveOperation : Operation, IBufferWaiter
{
    private readonly DatagramStream stream;
    private readonly DatagramSocket socket;

    // What the kernel reads the rooms from. It lives as long as this object, which the loop's table holds while the request is in flight.
    private readonly byte[] header;
    private bool cancelling;
    private bool starved;

    public DatagramReceiveOperation(DatagramStream stream, DatagramSocket socket)
        : base(socket.Engine, settled: false)
    {
        this.stream = stream;
        this.socket = socket;
        header = GC.AllocateArray<byte>(sizeof(Libc.MessageHeader), pinned: true);
        Libc.MessageHeader rooms = new() { NameLength = DatagramLayout.AddressRoom, ControlLength = DatagramLayout.ControlRoom };
        MemoryMarshal.Write(header, rooms);
    }

    /// <inheritdoc/>
    public override object? Observer => stream;

    /// <inheritdoc/>
    public long ArmedAt { get; private set; }

    /// <summary>What may fail is done before anybody counts as a consumer.</summary>
    public void Prepare()
    {
        ObjectDisposedException.ThrowIf(socket.IsClosed, socket);
        _ = Engine.ReceiveBuffers;
    }

    /// <summary>Arms the request, if nothing stands against it.</summary>
    public void Arm()
    {
        if (InFlight || starved || socket.IsClosed)
        {
            return;
        }

        SubmissionEntry entry = default;
        entry.Opcode = Opcode.Recvmsg;
        entry.Flags = EntryFlags.BufferSelect;
        entry.IoPriority = IoUringAbi.IORING_RECV_MULTISHOT;
        entry.Fd = socket.OwnedDescriptor.Number;
        entry.Address = (ulong)Marshal.UnsafeAddrOfPinnedArrayElement(header, 0);
        entry.Length = 1;
        entry.OperationFlags = (uint)MessageFlags.CloseOnExec;
        entry.BufferGroup = BufferPool.Group;
        socket.OwnedDescriptor.AddUse();
        TakeSlot();
        cancelling = false;
        ArmedAt = Engine.ReceiveBuffers.Provided;
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
        socket.OwnedDescriptor.ReleaseUse();
        try
        {
            Hand(lease);
        }
        finally
        {
            OnEnded(entry.Result, asked); // Also when the consumer threw.
        }
    }

    /// <summary>The lease of a datagram, also of one without bytes: its record is there.</summary>
    private BufferLease TakeBuffer(in CompletionEntry entry)
    {
        if ((entry.Flags & IoUringAbi.IORING_CQE_F_BUFFER) == 0)
        {
            return default;
        }

        if (entry.Result >= DatagramLayout.DataAt)
        {
            return Engine.ReceiveBuffers.Lease(entry.Flags, entry.Result);
        }

        Engine.ReceiveBuffers.Recycle((ushort)(entry.Flags >> IoUringAbi.IORING_CQE_BUFFER_SHIFT));
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
            case >= 0 or -Errno.EINTR or -Errno.EAGAIN:
                break; // A datagram without bytes ends a multishot, too, and means nothing of the kind here.
            case -Errno.ECANCELED when asked || Engine.IsClosed:
                break;
            case -Errno.ENOBUFS:
                if (stream.IsWanted)
                {
                    starved = true;
                    Engine.ReceiveBuffers.Line.Enter(this);
                }

                return;
            case -Errno.ECONNREFUSED or -Errno.EHOSTUNREACH or -Errno.ENETUNREACH or -Errno.EHOSTDOWN or -Errno.ENETDOWN or -Errno.EMSGSIZE or -Errno.EPROTO or -Errno.ENOPROTOOPT or -Errno.EACCES:
                stream.OnNetworkError(ErrorMap.ForSocket("recvmsg", result, socket.RemoteEndPoint?.ToString()));
                return;
            default:
                stream.OnFailed(OpcodeNames.Explain(Opcode.Recvmsg, result, null, default));
                return;
        }

        stream.OnDisarmed();
    }
}
