using System.Runtime.InteropServices;
using Tmds.Linux;

namespace Dispatch.Testing;

/// <summary>
/// The records of <c>sendmsg(2)</c> and <c>recvmsg(2)</c>: read when the request begins, and the answer written when something was received. Ancillary data (descriptors, credentials) are not simulated: none come, and sending
/// them is EOPNOTSUPP.
/// </summary>
internal static unsafe class MessageWork
{
    private const int LargestName = 128;
    private const int Truncated = (int)MessageFlags.Truncate;

    /// <summary>Takes the memory of a message, and the address that it is sent to. Returns 0 or a negative errno.</summary>
    public static int Take(RingWork work)
    {
        ref SubmissionEntry entry = ref work.Request.Entry;
        if (entry.Address < 65_536)
        {
            return -Errno.EFAULT;
        }

        if (work.Request.SelectsBuffer != ((entry.IoPriority & IoUringAbi.IORING_RECV_MULTISHOT) != 0))
        {
            return -Errno.EINVAL; // As on Linux AIO: a single message goes where its record says, and many only into provided buffers.
        }

        msghdr* message = (msghdr*)entry.Address;
        if (work.Request.SelectsBuffer)
        {
            return 0; // Its record says how much of each buffer is for the sender and for control data, and nothing else.
        }

        if ((ulong)message->msg_iovlen > Libc.IOV_MAX)
        {
            return -Errno.EMSGSIZE;
        }

        if (entry.Opcode == Opcode.Sendmsg)
        {
            int error = (ulong)message->msg_controllen != 0 ? -Errno.EOPNOTSUPP
                : message->msg_name == null ? 0
                : TakeDestination(work, (ulong)message->msg_name, (uint)message->msg_namelen);
            if (error != 0)
            {
                return error;
            }
        }

        if (!work.Memory.TryAddVector((ulong)message->msg_iov, (ulong)message->msg_iovlen))
        {
            return -Errno.EFAULT;
        }

        if ((entry.OperationFlags & (uint)MessageFlags.WaitAll) != 0)
        {
            work.Request.Expected = work.Memory.Length;
        }

        return 0;
    }

    /// <summary>Takes the address that a message is sent to. Returns 0 or a negative errno.</summary>
    public static int TakeDestination(RingWork work, ulong name, uint length)
    {
        if (length == 0)
        {
            return 0;
        }

        if (name < 65_536 || length > LargestName || length < sizeof(ushort))
        {
            return name < 65_536 ? -Errno.EFAULT : -Errno.EINVAL;
        }

        work.Destination = new SimulatedAddress(new ReadOnlySpan<byte>((void*)name, (int)length));
        return 0;
    }

    /// <summary>
    /// Receives one message into a provided buffer, behind the record that io_uring puts before it: see <c>io_uring_recvmsg_out(3)</c>. Returns how much of the buffer that took, 0 for a message of no bytes, or a negative errno.
    /// </summary>
    public static int ReceiveInto(RingWork work, SocketDescription socket, Span<byte> buffer, MessageFlags flags)
    {
        msghdr* wanted = (msghdr*)work.Request.Entry.Address;
        int nameRoom = (int)(uint)wanted->msg_namelen;
        int start = sizeof(IoUringRecords.ReceivedMessageHeader) + nameRoom + (int)(ulong)wanted->msg_controllen;
        if (start > buffer.Length)
        {
            return -Errno.EFAULT;
        }

        Span<byte> payload = buffer[start..];
        int received = socket.Receive(payload, flags, out MessageOrigin origin);
        if (received < 0)
        {
            return received;
        }

        ReadOnlySpan<byte> name = origin.From is { } from ? from.Bytes : default;
        name[..Math.Min(name.Length, nameRoom)].CopyTo(buffer[sizeof(IoUringRecords.ReceivedMessageHeader)..]);
        IoUringRecords.ReceivedMessageHeader header = new() { NameLength = (uint)name.Length, PayloadLength = (uint)received, Flags = origin.IsTruncated ? (uint)Truncated : 0 };
        MemoryMarshal.Write(buffer, header);
        return received == 0 ? 0 : start + Math.Min(received, payload.Length);
    }

    /// <summary>Writes down who sent what was received, and whether it is all of it.</summary>
    public static void Tell(RingWork work, in MessageOrigin origin)
    {
        msghdr* message = (msghdr*)work.Request.Entry.Address;
        if (message->msg_name != null)
        {
            ReadOnlySpan<byte> name = origin.From is { } from ? from.Bytes : default;
            int room = Math.Min(name.Length, (int)(uint)message->msg_namelen);
            name[..room].CopyTo(new Span<byte>(message->msg_name, room));
            message->msg_namelen = (uint)name.Length;
        }

        message->msg_controllen = 0;
        message->msg_flags = origin.IsTruncated ? Truncated : 0;
    }
}
