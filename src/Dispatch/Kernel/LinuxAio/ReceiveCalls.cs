using static Dispatch.AioAbi;

namespace Dispatch;

/// <summary>The calls of multishots that receive into provided buffers: one without waiting, with the result that io_uring gives it. Any thread.</summary>
internal static unsafe class ReceiveCalls
{
    /// <summary>Receives or reads once. Negative: an errno.</summary>
    /// <param name="entry">The request's entry.</param>
    /// <param name="buffer">The buffer's address.</param>
    /// <param name="length">How much of it is to be used.</param>
    /// <param name="ends">Whether the multishot ends with it: the end of the stream, or an error.</param>
    public static long Into(in SubmissionEntry entry, ulong buffer, uint length, out bool ends)
    {
        if (entry.Opcode == Opcode.Recvmsg)
        {
            return Message(entry, buffer, length, out ends);
        }

        Piece piece = new() { Address = buffer, Length = length };
        long result = entry.Opcode == Opcode.ReadMultishot
            ? SystemCall.Run(SystemCall.ReadVector, entry.Fd, (long)&piece, 1, -1, -1, RWF_NOWAIT)
            : SystemCall.Run(SystemCall.Receive, entry.Fd, (long)buffer, length, entry.OperationFlags | MSG_DONTWAIT);
        ends = result <= 0;
        return result;
    }

    /// <summary>A message with the record that io_uring puts before it: see <c>io_uring_recvmsg_out(3)</c>.</summary>
    private static long Message(in SubmissionEntry entry, ulong buffer, uint length, out bool ends)
    {
        ends = true;
        Libc.MessageHeader wanted;
        if (!UserMemory.TryRead(&wanted, entry.Address, sizeof(Libc.MessageHeader)))
        {
            return -Errno.EFAULT;
        }

        ulong start = (ulong)sizeof(IoUringRecords.ReceivedMessageHeader) + wanted.NameLength + wanted.ControlLength;
        if (start > length)
        {
            return -Errno.EFAULT;
        }

        Piece payload = new() { Address = buffer + start, Length = length - start };
        Libc.MessageHeader message = new()
        {
            Name = wanted.NameLength == 0 ? 0 : buffer + (ulong)sizeof(IoUringRecords.ReceivedMessageHeader),
            NameLength = wanted.NameLength,
            Vector = (ulong)&payload,
            VectorLength = 1,
            Control = wanted.ControlLength == 0 ? 0 : buffer + (ulong)sizeof(IoUringRecords.ReceivedMessageHeader) + wanted.NameLength,
            ControlLength = wanted.ControlLength,
        };
        long result = SystemCall.Run(SystemCall.ReceiveMessage, entry.Fd, (long)&message, entry.OperationFlags | MSG_DONTWAIT);
        if (result < 0)
        {
            return result;
        }

        IoUringRecords.ReceivedMessageHeader header = new() { NameLength = message.NameLength, ControlLength = (uint)message.ControlLength, PayloadLength = (uint)result, Flags = message.Flags };
        if (!UserMemory.TryWrite(buffer, &header, sizeof(IoUringRecords.ReceivedMessageHeader)))
        {
            return -Errno.EFAULT;
        }

        ends = result == 0;
        return (long)start + Math.Min(result, (long)payload.Length);
    }
}
