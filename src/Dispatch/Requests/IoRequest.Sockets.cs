using System.Net;
using System.Net.Sockets;

namespace Dispatch;

/// <content>Requests on sockets.</content>
public partial struct IoRequest
{
    /// <summary>Makes a socket; the result is a descriptor, which the caller closes. <c>socket(2)</c>, <c>io_uring_prep_socket(3)</c>; Linux 5.19.</summary>
    /// <param name="domain">The protocol family, such as AF_INET (2).</param>
    /// <param name="type">The type, such as SOCK_STREAM (1), and its flags.</param>
    /// <param name="protocol">The protocol; 0 for the usual one.</param>
    /// <returns>The request.</returns>
    public static IoRequest Socket(int domain, int type, int protocol = 0)
    {
        IoRequest request = On(Opcode.Socket);
        request.Entry.Fd = domain;
        request.Entry.Offset = (ulong)type;
        request.Entry.Length = (uint)protocol;
        return request;
    }

    /// <summary>Accepts one connection; the result is a descriptor, which the caller closes. <c>accept4(2)</c>, <c>io_uring_prep_accept(3)</c>; Linux 5.5.</summary>
    /// <param name="listener">A listening socket.</param>
    /// <param name="flags">Flags of the new descriptor.</param>
    /// <returns>The request.</returns>
    public static IoRequest Accept(Descriptor listener, AcceptFlags flags = AcceptFlags.CloseOnExec)
    {
        IoRequest request = On(Opcode.Accept, listener);
        request.Entry.OperationFlags = (uint)flags;
        return request;
    }

    /// <summary>
    /// Accepts connections until it is cancelled or fails: one completion each, whose result is a descriptor that the consumer closes. <c>accept4(2)</c>, <c>io_uring_multishot(7)</c>, <c>io_uring_prep_accept(3)</c>; Linux 5.19.
    /// </summary>
    /// <param name="listener">A listening socket.</param>
    /// <param name="flags">Flags of the new descriptors.</param>
    /// <returns>The request.</returns>
    public static IoRequest AcceptMultishot(Descriptor listener, AcceptFlags flags = AcceptFlags.CloseOnExec)
    {
        IoRequest request = Accept(listener, flags);
        request.Entry.IoPriority = IoUringAbi.IORING_ACCEPT_MULTISHOT;
        request.isMultishot = true;
        return request;
    }

    /// <summary>Connects a socket. <c>connect(2)</c>, <c>io_uring_prep_connect(3)</c>; Linux 5.5.</summary>
    /// <param name="socket">A socket of the end point's family.</param>
    /// <param name="endPoint">An IP or Unix-domain end point; names are resolved before.</param>
    /// <returns>The request.</returns>
    public static IoRequest Connect(Descriptor socket, EndPoint endPoint)
    {
        ArgumentNullException.ThrowIfNull(endPoint);
        Memory<byte> address = AddressBytes(endPoint);
        IoRequest request = On(Opcode.Connect, socket);
        request.First = address;
        request.SetExtras(new RequestExtras { Subject = endPoint });
        request.Entry.Offset = (ulong)address.Length;
        return request;
    }

    /// <summary>Receives once; the result is the number of bytes, 0 at the end of the stream. <c>recv(2)</c>, <c>io_uring_prep_recv(3)</c>; Linux 5.6.</summary>
    /// <param name="socket">The socket.</param>
    /// <param name="buffer">Where to; pinned from submit to completion.</param>
    /// <param name="flags">Flags of <c>recv(2)</c>.</param>
    /// <returns>The request.</returns>
    public static IoRequest Receive(Descriptor socket, Memory<byte> buffer, MessageFlags flags = MessageFlags.None)
    {
        IoRequest request = On(Opcode.Recv, socket);
        request.First = buffer;
        request.Entry.Length = (uint)buffer.Length;
        request.Entry.OperationFlags = (uint)flags;
        return request;
    }

    /// <summary>
    /// Receives until it is cancelled or fails, into the loop's receive buffers: each completion's <see cref="Completion.BufferId"/> names one, and
    /// <see cref="EventLoop.TakeBuffer"/> turns it into a lease. Ends with ENOBUFS when no buffer is free, which is no error of the connection. <c>recv(2)</c>, <c>io_uring_multishot(7)</c>, <c>io_uring_prep_recv(3)</c>; Linux 6.0.
    /// </summary>
    /// <remarks>
    /// Not for Unix-domain streams: from Linux 6.17 on the kernel does not report their end when it came before the last bytes were read. <see cref="Connection"/> knows that.
    /// </remarks>
    /// <param name="socket">The socket.</param>
    /// <param name="flags">Flags of <c>recv(2)</c>.</param>
    /// <returns>The request.</returns>
    public static IoRequest ReceiveMultishot(Descriptor socket, MessageFlags flags = MessageFlags.None)
    {
        IoRequest request = On(Opcode.Recv, socket);
        request.Entry.IoPriority = IoUringAbi.IORING_RECV_MULTISHOT;
        request.SelectBuffers();
        request.Entry.OperationFlags = (uint)flags;
        return request;
    }

    /// <summary>Sends; the result is the number of bytes taken, which may be fewer. <c>send(2)</c>, <c>io_uring_prep_send(3)</c>; Linux 5.6. A vanished peer is an error, never a signal.</summary>
    /// <param name="socket">The socket.</param>
    /// <param name="data">The data; pinned from submit to completion.</param>
    /// <param name="flags">Flags of <c>send(2)</c>. <see cref="MessageFlags.WaitAll"/> makes the kernel go on after a short send.</param>
    /// <returns>The request.</returns>
    public static IoRequest Send(Descriptor socket, ReadOnlyMemory<byte> data, MessageFlags flags = MessageFlags.NoSignal)
    {
        IoRequest request = On(Opcode.Send, socket);
        request.First = AsPinnable(data);
        request.Entry.Length = (uint)data.Length;
        request.Entry.OperationFlags = (uint)(flags | MessageFlags.NoSignal);
        return request;
    }

    /// <summary>Sends from unmanaged memory, which the caller keeps in place until the completion. <c>send(2)</c>, <c>io_uring_prep_send(3)</c>; Linux 5.6. A vanished peer is an error, never a signal.</summary>
    /// <param name="socket">The socket.</param>
    /// <param name="address">The data.</param>
    /// <param name="length">Bytes.</param>
    /// <param name="flags">Flags of <c>send(2)</c>. <see cref="MessageFlags.WaitAll"/> makes the kernel go on after a short send.</param>
    /// <returns>The request.</returns>
    public static IoRequest Send(Descriptor socket, nint address, int length, MessageFlags flags = MessageFlags.NoSignal)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        IoRequest request = On(Opcode.Send, socket);
        request.Entry.Address = (ulong)address;
        request.Entry.Length = (uint)length;
        request.Entry.OperationFlags = (uint)(flags | MessageFlags.NoSignal);
        return request;
    }

    /// <summary>
    /// Sends received data from the buffer that it was received in; the result is the number of bytes taken, which may be fewer. <c>send(2)</c>, <c>io_uring_prep_send(3)</c>; Linux 5.6. Nothing is pinned or referenced: with a plain descriptor
    /// number the request is allocation-free, and the caller keeps the lease until the terminal completion. (<see cref="Connection.SendAsync(BufferLease, CancellationToken)"/> keeps it by itself.)
    /// </summary>
    /// <param name="socket">The socket.</param>
    /// <param name="data">A lease that has not ended.</param>
    /// <param name="flags">Flags of <c>send(2)</c>. <see cref="MessageFlags.WaitAll"/> makes the kernel go on after a short send.</param>
    /// <returns>The request.</returns>
    public static IoRequest Send(Descriptor socket, BufferLease data, MessageFlags flags = MessageFlags.NoSignal)
    {
        IoRequest request = On(Opcode.Send, socket);
        request.Entry.Address = (ulong)data.Address;
        request.Entry.Length = (uint)data.Length;
        request.Entry.OperationFlags = (uint)(flags | MessageFlags.NoSignal);
        return request;
    }

    /// <summary>Sends a datagram to an address; the result is the number of bytes. <c>sendto(2)</c>, <c>send(2)</c>, <c>io_uring_prep_send(3)</c>; Linux 6.0.</summary>
    /// <param name="socket">A datagram socket.</param>
    /// <param name="data">The data, pinned from submit to completion.</param>
    /// <param name="address">Where to; not to be changed until the completion.</param>
    /// <param name="flags">Flags of <c>send(2)</c>.</param>
    /// <returns>The request.</returns>
    public static IoRequest SendTo(Descriptor socket, ReadOnlyMemory<byte> data, DatagramAddress address, MessageFlags flags = MessageFlags.NoSignal)
    {
        ArgumentNullException.ThrowIfNull(address);
        IoRequest request = Send(socket, data, flags);
        request.Entry.FileIndex = (uint)address.Length;
        request.SetExtras(address.Extras);
        return request;
    }

    /// <summary>Finishes sending, receiving, or both. <c>shutdown(2)</c>, <c>io_uring_prep_shutdown(3)</c>; Linux 5.11. Runs on a kernel worker.</summary>
    /// <param name="socket">The socket.</param>
    /// <param name="how">Which half.</param>
    /// <returns>The request.</returns>
    public static IoRequest Shutdown(Descriptor socket, SocketShutdown how)
    {
        IoRequest request = On(Opcode.Shutdown, socket);
        request.Entry.Length = (uint)how;
        return request;
    }
}
