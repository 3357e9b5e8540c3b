using System.Net;

namespace Dispatch;

/// <content>What can be asked of a socket, and told to it.</content>
public partial struct IoRequest
{
    /// <summary>Gives a socket its address. <c>bind(2)</c>, <c>io_uring_prep_bind(3)</c>; Linux 6.11. Where the kernel lacks it, an await throws <see cref="PlatformNotSupportedException"/>. EADDRINUSE when another has it. Runs inline.</summary>
    /// <param name="socket">A socket of the end point's family.</param>
    /// <param name="endPoint">An IP or Unix-domain end point.</param>
    /// <returns>The request.</returns>
    public static IoRequest Bind(Descriptor socket, EndPoint endPoint)
    {
        ArgumentNullException.ThrowIfNull(endPoint);
        Memory<byte> address = AddressBytes(endPoint);
        IoRequest request = On(Opcode.Bind, socket);
        request.First = address;
        request.SetExtras(new RequestExtras { Subject = endPoint });
        request.Entry.Offset = (ulong)address.Length;
        return request;
    }

    /// <summary>Has a socket take connections. <c>listen(2)</c>, <c>io_uring_prep_listen(3)</c>; Linux 6.11. Where the kernel lacks it, an await throws <see cref="PlatformNotSupportedException"/>. Runs inline.</summary>
    /// <param name="socket">A bound stream socket.</param>
    /// <param name="backlog">How many connections may wait to be accepted.</param>
    /// <returns>The request.</returns>
    public static IoRequest Listen(Descriptor socket, int backlog = 4096)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(backlog);
        IoRequest request = On(Opcode.Listen, socket);
        request.Entry.Length = (uint)backlog;
        return request;
    }

    /// <summary>
    /// Asks how many bytes wait to be received; the result is their number. SIOCINQ of <c>tcp(7)</c>, <c>io_uring_prep_cmd_sock(3)</c>; Linux 6.7. Where the kernel lacks it, an await throws <see cref="PlatformNotSupportedException"/> (EOPNOTSUPP where it has only the opcode). Runs inline. TCP and UDP: others EOPNOTSUPP.
    /// </summary>
    /// <param name="socket">The socket.</param>
    /// <returns>The request.</returns>
    public static IoRequest SocketInputBytes(Descriptor socket) => Command(socket, IoUringAbi.SOCKET_URING_OP_SIOCINQ);

    /// <summary>
    /// Asks how many bytes have been sent and not yet acknowledged; the result is their number. SIOCOUTQ of <c>tcp(7)</c>, <c>io_uring_prep_cmd_sock(3)</c>; Linux 6.7. Where the kernel lacks it, an await throws <see cref="PlatformNotSupportedException"/> (EOPNOTSUPP where it has only the opcode). Runs inline. TCP and UDP: others EOPNOTSUPP.
    /// </summary>
    /// <param name="socket">The socket.</param>
    /// <returns>The request.</returns>
    public static IoRequest SocketOutputBytes(Descriptor socket) => Command(socket, IoUringAbi.SOCKET_URING_OP_SIOCOUTQ);

    /// <summary>
    /// Asks for an option of a socket; the result is the length of the answer in bytes. <c>getsockopt(2)</c>, <c>io_uring_prep_cmd_sock(3)</c>; Linux 6.7. Where the kernel lacks it, an await throws <see cref="PlatformNotSupportedException"/> (EOPNOTSUPP where it has only the opcode). Of the level SOL_SOCKET only: others
    /// EOPNOTSUPP. Runs inline.
    /// </summary>
    /// <param name="socket">The socket.</param>
    /// <param name="level">The level: SOL_SOCKET (1).</param>
    /// <param name="option">The option, by its number in the kernel's headers.</param>
    /// <param name="value">Where the answer is written; pinned from submit to completion.</param>
    /// <returns>The request.</returns>
    public static IoRequest GetSocketOption(Descriptor socket, int level, int option, Memory<byte> value) => Command(socket, IoUringAbi.SOCKET_URING_OP_GETSOCKOPT, level, option, value);

    /// <summary>
    /// Sets an option of a socket. <c>setsockopt(2)</c>, <c>io_uring_prep_cmd_sock(3)</c>; Linux 6.7. Where the kernel lacks it, an await throws <see cref="PlatformNotSupportedException"/> (EOPNOTSUPP where it has only the opcode). Runs inline.
    /// </summary>
    /// <param name="socket">The socket.</param>
    /// <param name="level">The level, such as SOL_SOCKET (1).</param>
    /// <param name="option">The option, by its number in the kernel's headers.</param>
    /// <param name="value">The value; pinned from submit to completion.</param>
    /// <returns>The request.</returns>
    public static IoRequest SetSocketOption(Descriptor socket, int level, int option, ReadOnlyMemory<byte> value) =>
        Command(socket, IoUringAbi.SOCKET_URING_OP_SETSOCKOPT, level, option, AsPinnable(value));

    private static IoRequest Command(Descriptor socket, uint command, int level = 0, int option = 0, Memory<byte> value = default)
    {
        // struct io_uring_sqe: cmd_op, level and optname, optlen, optval.
        IoRequest request = On(Opcode.UringCmd, socket);
        request.Entry.Offset = command;
        request.Entry.Address = (uint)level | ((ulong)(uint)option << 32);
        request.Entry.FileIndex = (uint)value.Length;
        request.SetExtras(new RequestExtras { Third = value });
        return request;
    }
}
