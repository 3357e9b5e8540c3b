using System.Buffers;
using System.Buffers.Binary;

namespace Dispatch.Testing;

/// <summary>Requests on sockets.</summary>
internal sealed unsafe class SocketWork(SimulatedRing ring)
{
    /// <summary>How many items a multishot brings before others have their turn.</summary>
    private const int ItemsATurn = 32;

    private readonly SimulatedKernel kernel = ring.Kernel;

    /// <summary>Connects.</summary>
    public static int Connect(RingWork work)
    {
        if (work.Target is not SocketDescription socket)
        {
            return -Errno.ENOTSOCK;
        }

        ref SubmissionEntry entry = ref work.Request.Entry;
        int length = (int)entry.Offset;
        if (entry.Address < 65_536 || length is < 2 or > 128)
        {
            return entry.Address < 65_536 ? -Errno.EFAULT : -Errno.EINVAL;
        }

        int result = socket.Connect(new SimulatedAddress(new ReadOnlySpan<byte>((void*)entry.Address, length)), out OpenDescription? waitsFor);
        work.WaitsAt = result == Outcome.WouldBlock ? waitsFor : null;
        return result;
    }

    /// <summary>Sends; with MSG_WAITALL goes on until everything is sent.</summary>
    public static int Send(RingWork work)
    {
        if (work.Target is not SocketDescription socket)
        {
            return -Errno.ENOTSOCK;
        }

        if (work.Memory.IsOnePiece || work.Memory.Length == 0)
        {
            return Send(work, socket, work.Memory.Bytes);
        }

        byte[] whole = ArrayPool<byte>.Shared.Rent(work.Memory.Length);
        work.Memory.CopyTo(whole);
        int result = Send(work, socket, whole.AsSpan(0, work.Memory.Length));
        ArrayPool<byte>.Shared.Return(whole);
        return result;
    }

    /// <summary>Accepts one connection, or all that there are.</summary>
    public int Accept(RingWork work)
    {
        if (work.Target is not StreamSocket listener)
        {
            return -Errno.ENOTSOCK;
        }

        while (true)
        {
            int result = AcceptOne(work, listener);
            if (result < 0 || !work.IsMultishot || work.IsStopping)
            {
                return result; // Also when nothing is there yet.
            }

            if (!ring.Report(work, result))
            {
                return 0;
            }
        }
    }

    /// <summary>Receives once; with MSG_WAITALL goes on until the memory is full.</summary>
    public int Receive(RingWork work)
    {
        if (work.Target is not SocketDescription socket)
        {
            return -Errno.ENOTSOCK;
        }

        MessageFlags flags = (MessageFlags)work.Request.Entry.OperationFlags;
        if (work.Request.SelectsBuffer)
        {
            return ReceiveInto(work, socket, flags);
        }

        bool all = (flags & MessageFlags.WaitAll) != 0 && socket is StreamSocket && (flags & MessageFlags.Peek) == 0;
        while (true)
        {
            int received = ReceiveOnce(work, socket, flags);
            if (received < 0)
            {
                return Stopped(work, received, flags);
            }

            work.Done += received;
            if (!all || received == 0 || work.Done >= work.Memory.Length || kernel.Faults.Strikes(FaultKind.ShortResult))
            {
                return work.Done;
            }
        }
    }

    /// <summary>Receives what there is, a provided buffer each time.</summary>
    public int ReceiveMany(RingWork work)
    {
        if (work.Target is not SocketDescription socket)
        {
            return -Errno.ENOTSOCK;
        }

        MessageFlags flags = (MessageFlags)work.Request.Entry.OperationFlags;
        for (int i = 0; i < ItemsATurn; i++)
        {
            int result = ReceiveInto(work, socket, flags);
            if (result <= 0 || work.IsStopping)
            {
                return result;
            }

            if (!ring.Report(work, result))
            {
                return 0;
            }
        }

        ring.Enqueue(work);
        return 0;
    }

    private static int Send(RingWork work, SocketDescription socket, ReadOnlySpan<byte> data)
    {
        MessageFlags flags = (MessageFlags)work.Request.Entry.OperationFlags;
        bool all = (flags & MessageFlags.WaitAll) != 0 && socket is StreamSocket;
        while (true)
        {
            int sent = socket.Send(data[work.Done..], flags, work.Destination);
            if (sent < 0)
            {
                return Stopped(work, sent, flags);
            }

            if (!all)
            {
                return sent;
            }

            work.Done += sent;
            if (work.Done >= data.Length || sent == 0 || work.Kernel.Faults.Strikes(FaultKind.ShortResult))
            {
                return work.Done;
            }
        }
    }

    private static int ReceiveOnce(RingWork work, SocketDescription socket, MessageFlags flags)
    {
        LentMemory memory = work.Memory;
        MessageOrigin origin;
        int received;
        if (memory.IsOnePiece || memory.Length == 0)
        {
            received = socket.Receive(memory.Bytes[work.Done..], flags, out origin);
        }
        else
        {
            int room = memory.Length - work.Done;
            byte[] whole = ArrayPool<byte>.Shared.Rent(room);
            received = socket.Receive(whole.AsSpan(0, room), flags, out origin);
            memory.CopyFrom(whole.AsSpan(0, Math.Clamp(received, 0, room)), work.Done);
            ArrayPool<byte>.Shared.Return(whole);
        }

        if (received >= 0 && work.Request.Opcode == Opcode.Recvmsg)
        {
            MessageWork.Tell(work, origin);
        }

        return received;
    }

    private static int Stopped(RingWork work, int result, MessageFlags flags)
    {
        if (result == Outcome.WouldBlock && ((flags & MessageFlags.DoNotWait) != 0 || (work.Done != 0 && work.IsStopping)))
        {
            return work.Done != 0 ? work.Done : -Errno.EAGAIN;
        }

        return result != Outcome.WouldBlock && work.Done != 0 ? work.Done : result; // What was moved before an error is the result; the error comes with the next call.
    }

    private static void WriteName(RingWork work, StreamSocket accepted)
    {
        ref SubmissionEntry entry = ref work.Request.Entry;
        if (entry.Address < 65_536 || entry.Address2 < 65_536 || work.IsMultishot)
        {
            return;
        }

        ReadOnlySpan<byte> name = (accepted.Remote ?? SimulatedAddress.Unnamed(accepted.Family)).Bytes;
        Span<byte> length = new((void*)entry.Address2, sizeof(int));
        int room = Math.Min(BinaryPrimitives.ReadInt32LittleEndian(length), name.Length);
        name[..room].CopyTo(new Span<byte>((void*)entry.Address, room));
        BinaryPrimitives.WriteInt32LittleEndian(length, name.Length);
    }

    private int ReceiveInto(RingWork work, SocketDescription socket, MessageFlags flags)
    {
        if (work.Request.Opcode == Opcode.Recv && (work.Request.Entry.IoPriority & IoUringAbi.IORING_RECVSEND_BUNDLE) != 0)
        {
            return BundleWork.Receive(work, socket, flags);
        }

        if (!ring.TryTakeBuffer(work, out ProvidedBuffer buffer))
        {
            return -Errno.ENOBUFS;
        }

        bool isMessage = work.Request.Opcode == Opcode.Recvmsg;
        uint length = isMessage || work.Request.Entry.Length == 0 ? buffer.Length : Math.Min(buffer.Length, work.Request.Entry.Length);
        Span<byte> room = new((void*)buffer.Address, (int)length);
        int received = isMessage ? MessageWork.ReceiveInto(work, socket, room, flags) : socket.Receive(room, flags);
        if (received == Outcome.WouldBlock)
        {
            ring.PutBufferBack(work);
            return (flags & MessageFlags.DoNotWait) != 0 ? -Errno.EAGAIN : received;
        }

        return received;
    }

    private int AcceptOne(RingWork work, StreamSocket listener)
    {
        if (!listener.IsListening)
        {
            return -Errno.EINVAL;
        }

        if ((listener.Readiness & PollEvents.Readable) == 0)
        {
            return Outcome.WouldBlock;
        }

        FaultSource faults = kernel.Faults;
        int refusal = kernel.Descriptors.Count >= kernel.Options.DescriptorLimit || faults.Strikes(FaultKind.NoDescriptors) ? -Errno.EMFILE
            : faults.Strikes(FaultKind.NoBuffers) ? -Errno.ENOBUFS
            : faults.Strikes(FaultKind.NoMemory) ? -Errno.ENOMEM
            : 0;
        if (refusal != 0)
        {
            return refusal; // The connection stays in the backlog.
        }

        StreamSocket accepted = listener.TryAccept()!;
        WriteName(work, accepted);
        return kernel.Descriptors.Add(accepted);
    }
}
