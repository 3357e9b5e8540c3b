using System.Net;

namespace Dispatch;

/// <content>Messages: data with an address and control data.</content>
public partial struct IoRequest
{
    /// <summary>
    /// Sends one message gathered from several memories, to an address, with control data; the result is the number of bytes taken. <c>sendmsg(2)</c>, <c>io_uring_prep_sendmsg(3)</c>; Linux 5.3. A vanished peer is an error, never a signal.
    /// </summary>
    /// <param name="socket">The socket.</param>
    /// <param name="data">The data; at most 1,024 pieces, pinned from submit to completion.</param>
    /// <param name="endPoint">Where to; null for a connected socket.</param>
    /// <param name="control">Control data, such as <see cref="ControlMessages.ForDescriptors"/> makes; copied at submit.</param>
    /// <param name="flags">Flags of <c>send(2)</c>.</param>
    /// <returns>The request.</returns>
    public static IoRequest SendMessage(
        Descriptor socket,
        IReadOnlyList<ReadOnlyMemory<byte>> data,
        EndPoint? endPoint = null,
        ReadOnlyMemory<byte> control = default,
        MessageFlags flags = MessageFlags.NoSignal) => Sending(Opcode.Sendmsg, socket, data, endPoint, control, flags);

    /// <summary>
    /// Sends a message whose data the kernel takes from where it is. The await ends, with the number of bytes, when the kernel has let go of the memory; observers see two completions, the result and the notification, of which
    /// <see cref="CompletionFlags.Copied"/> says whether it copied after all. <c>sendmsg(2)</c>, <c>io_uring_prep_sendmsg_zc(3)</c>; Linux 6.1. Where the kernel lacks it, an await throws <see cref="PlatformNotSupportedException"/>.
    /// On loopback the kernel copies, and it costs more than <see cref="SendMessage"/>; Unix-domain sockets fail with EOPNOTSUPP.
    /// </summary>
    /// <param name="socket">The socket.</param>
    /// <param name="data">The data; pinned until the notification.</param>
    /// <param name="endPoint">Where to; null for a connected socket.</param>
    /// <param name="control">Control data; copied at submit.</param>
    /// <param name="flags">Flags of <c>send(2)</c>.</param>
    /// <returns>The request.</returns>
    public static IoRequest SendMessageZeroCopy(
        Descriptor socket,
        IReadOnlyList<ReadOnlyMemory<byte>> data,
        EndPoint? endPoint = null,
        ReadOnlyMemory<byte> control = default,
        MessageFlags flags = MessageFlags.NoSignal)
    {
        IoRequest request = Sending(Opcode.SendmsgZc, socket, data, endPoint, control, flags);
        request.Entry.IoPriority = IoUringAbi.IORING_SEND_ZC_REPORT_USAGE;
        return request;
    }

    /// <summary>
    /// Sends data that the kernel takes from where it is: what is said of <see cref="SendMessageZeroCopy"/> goes for it too. <c>send(2)</c>, <c>io_uring_prep_send_zc(3)</c>; Linux 6.0. Linux AIO copies, and says so.
    /// </summary>
    /// <param name="socket">The socket.</param>
    /// <param name="data">The data; pinned until the notification.</param>
    /// <param name="flags">Flags of <c>send(2)</c>. <see cref="MessageFlags.WaitAll"/> makes the kernel go on after a short send.</param>
    /// <returns>The request.</returns>
    public static IoRequest SendZeroCopy(Descriptor socket, ReadOnlyMemory<byte> data, MessageFlags flags = MessageFlags.NoSignal)
    {
        IoRequest request = Send(socket, data, flags);
        request.Entry.Opcode = Opcode.SendZc;
        request.Entry.IoPriority = IoUringAbi.IORING_SEND_ZC_REPORT_USAGE;
        request.hasReferences = true; // Also without data: it has two completions, which an operation has to tell apart.
        return request;
    }

    /// <summary>
    /// Receives one message, scattered to several memories; the result is the number of bytes, 0 at the end of a stream. <c>recvmsg(2)</c>, <c>io_uring_prep_recvmsg(3)</c>; Linux 5.3.
    /// </summary>
    /// <param name="socket">The socket.</param>
    /// <param name="buffers">Where to; at most 1,024, pinned from submit to completion.</param>
    /// <param name="details">What learns the sender, control data and flags; null when they do not matter. Descriptors that come as control data are the caller's to close.</param>
    /// <param name="flags">Flags of <c>recv(2)</c>. <see cref="MessageFlags.CloseOnExec"/> is for descriptors that come along.</param>
    /// <returns>The request.</returns>
    public static IoRequest ReceiveMessage(Descriptor socket, IReadOnlyList<Memory<byte>> buffers, MessageDetails? details = null, MessageFlags flags = MessageFlags.CloseOnExec)
    {
        ArgumentNullException.ThrowIfNull(buffers);
        VerifyCount(Opcode.Recvmsg, buffers.Count, nameof(buffers));
        MessageParts parts = new() { Buffers = buffers, Details = details, AddressRoom = details is null ? 0 : MessageParts.LargestAddress, ControlRoom = details?.ControlRoom ?? 0 };
        return OnMessage(Opcode.Recvmsg, socket, parts, details, null, flags);
    }

    /// <summary>
    /// Receives messages until it is cancelled or fails, into the loop's receive buffers, as <see cref="ReceiveMultishot"/> does. Each buffer has a record before the data: <see cref="ReceivedMessage.Parse"/> takes it apart.
    /// A message of no bytes ends it. <c>recvmsg(2)</c>, <c>io_uring_prep_recvmsg_multishot(3)</c>, <c>io_uring_prep_recvmsg(3)</c>; Linux 6.0.
    /// </summary>
    /// <param name="socket">The socket.</param>
    /// <param name="addressRoom">Room for the sender's address in each buffer, in bytes; 0 when it does not matter.</param>
    /// <param name="controlRoom">Room for control data in each buffer, in bytes.</param>
    /// <param name="flags">Flags of <c>recv(2)</c>.</param>
    /// <returns>The request.</returns>
    public static IoRequest ReceiveMessageMultishot(Descriptor socket, int addressRoom = MessageParts.LargestAddress, int controlRoom = 0, MessageFlags flags = MessageFlags.CloseOnExec)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(addressRoom);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(addressRoom, MessageParts.LargestAddress);
        ArgumentOutOfRangeException.ThrowIfNegative(controlRoom);
        MessageParts parts = new() { AddressRoom = addressRoom, ControlRoom = controlRoom };
        IoRequest request = OnMessage(Opcode.Recvmsg, socket, parts, new MessageRoom(addressRoom, controlRoom), null, flags);
        request.Entry.IoPriority = IoUringAbi.IORING_RECV_MULTISHOT;
        request.SelectBuffers();
        return request;
    }

    /// <summary>
    /// Sends what lies in the buffers of a group that <see cref="ProvideBuffers"/> has given to the ring, in their order, until none is left: observe it, for there is a completion for each step, whose result is the number of bytes. The buffers are
    /// the user's again with it, and provided no more. −ENOBUFS when there was none. <c>send(2)</c>, <c>io_uring_prep_send_bundle(3)</c>, <c>io_uring_prep_send(3)</c>; Linux 6.10. Where the kernel lacks it: −EINVAL. (No lease is behind the completion's <see cref="Completion.BufferId"/>.)
    /// </summary>
    /// <param name="socket">The socket.</param>
    /// <param name="group">The group; not 0, which is the loop's own.</param>
    /// <param name="length">Bytes at most a step; 0 for all that the buffers hold.</param>
    /// <param name="flags">Flags of <c>send(2)</c>.</param>
    /// <returns>The request.</returns>
    public static IoRequest SendBundle(Descriptor socket, ushort group, int length = 0, MessageFlags flags = MessageFlags.NoSignal)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        VerifyGroup(group);
        IoRequest request = On(Opcode.Send, socket);
        request.Entry.Flags |= EntryFlags.BufferSelect;
        request.Entry.BufferGroup = group;
        request.Entry.IoPriority = IoUringAbi.IORING_RECVSEND_BUNDLE;
        request.isMultishot = true;
        request.hasReferences = true; // Not of its own: but an operation has to count its completions.
        request.Entry.Length = (uint)length;
        request.Entry.OperationFlags = (uint)(flags | MessageFlags.NoSignal);
        return request;
    }

    /// <summary>
    /// The same request, which waits for its socket to be ready before it tries at all: saves a vain try where it is known that there is nothing yet. Sends, receives and accepts (there: Linux 6.10, else −EINVAL). IORING_RECVSEND_POLL_FIRST of <c>io_uring_prep_recv(3)</c>.
    /// </summary>
    /// <returns>The request.</returns>
    public readonly IoRequest WithPollFirst()
    {
        if (!UsesPriorityForFlags)
        {
            throw new InvalidOperationException($"{Name} cannot be told to poll first: sends, receives and accepts can.");
        }

        IoRequest copy = this;
        copy.Entry.IoPriority |= Entry.Opcode == Opcode.Accept ? IoUringAbi.IORING_ACCEPT_POLL_FIRST : IoUringAbi.IORING_RECVSEND_POLL_FIRST;
        return copy;
    }

    private static IoRequest Sending(Opcode opcode, Descriptor socket, IReadOnlyList<ReadOnlyMemory<byte>> data, EndPoint? endPoint, ReadOnlyMemory<byte> control, MessageFlags flags)
    {
        ArgumentNullException.ThrowIfNull(data);
        VerifyCount(opcode, data.Count, nameof(data));
        MessageParts parts = new() { Buffers = AsPinnable(data), Address = endPoint is null ? [] : AddressBytes(endPoint).ToArray(), Control = control };
        return OnMessage(opcode, socket, parts, null, endPoint, flags | MessageFlags.NoSignal);
    }

    private static IoRequest OnMessage(Opcode opcode, Descriptor socket, MessageParts parts, IOrphanResults? results, object? subject, MessageFlags flags)
    {
        IoRequest request = On(opcode, socket);
        request.SetExtras(new RequestExtras { Message = parts, Results = results, Subject = subject });
        request.Entry.OperationFlags = (uint)flags;
        return request;
    }

    private static void VerifyCount(Opcode opcode, int count, string name)
    {
        if (count is 0 or > Libc.IOV_MAX)
        {
            throw new ArgumentException($"{OpcodeNames.Of(opcode)} takes 1 to {Libc.IOV_MAX} buffers; {count} were given.", name);
        }
    }

    private static void VerifyGroup(ushort group)
    {
        if (group == BufferPool.Group)
        {
            throw new ArgumentException("Group 0 is the loop's own, from which it receives. Use another number.", nameof(group));
        }
    }

    private static Memory<byte> AddressBytes(EndPoint endPoint)
    {
        if (endPoint is DnsEndPoint)
        {
            throw new ArgumentException("Resolve the name first (Dns.GetHostAddressesAsync), or use Connection.ConnectAsync, which does.", nameof(endPoint));
        }

        SocketAddress address = endPoint.Serialize();
        return address.Buffer[..address.Size];
    }
}
