using System.Net.Sockets;

namespace Dispatch;

/// <summary>The <see cref="SocketError"/> of each errno: the one that .NET's own sockets report for it on Linux, and a fitting one where they have none.</summary>
internal static class SocketErrorTable
{
    /// <summary>Tells the socket error of an error number.</summary>
    /// <returns>The error; <see cref="SocketError.SocketError"/>, which says nothing, for a number without one.</returns>
    public static SocketError Of(int errno) => errno switch
    {
        Errno.EACCES or Errno.EPERM => SocketError.AccessDenied,
        Errno.EADDRINUSE => SocketError.AddressAlreadyInUse,
        Errno.EADDRNOTAVAIL or Errno.ENOENT => SocketError.AddressNotAvailable,
        Errno.EAFNOSUPPORT => SocketError.AddressFamilyNotSupported,
        Errno.EAGAIN => SocketError.WouldBlock,
        Errno.EALREADY => SocketError.AlreadyInProgress,
        Errno.EBADF or Errno.ECANCELED => SocketError.OperationAborted,
        Errno.ECONNABORTED => SocketError.ConnectionAborted,
        Errno.ECONNREFUSED => SocketError.ConnectionRefused,
        Errno.ECONNRESET => SocketError.ConnectionReset,
        Errno.EDESTADDRREQ => SocketError.DestinationAddressRequired,
        Errno.EFAULT => SocketError.Fault,
        Errno.EHOSTDOWN => SocketError.HostDown,
        Errno.EHOSTUNREACH => SocketError.HostUnreachable,
        Errno.EINPROGRESS => SocketError.InProgress,
        Errno.EINTR => SocketError.Interrupted,
        Errno.EINVAL => SocketError.InvalidArgument,
        Errno.EISCONN => SocketError.IsConnected,
        Errno.EMFILE or Errno.ENFILE => SocketError.TooManyOpenSockets,
        Errno.EMSGSIZE => SocketError.MessageSize,
        Errno.ENETDOWN => SocketError.NetworkDown,
        Errno.ENETRESET => SocketError.NetworkReset,
        Errno.ENETUNREACH => SocketError.NetworkUnreachable,
        Errno.ENODATA => SocketError.NoData,
        Errno.ENOPROTOOPT => SocketError.ProtocolOption,
        Errno.ENOTCONN => SocketError.NotConnected,
        Errno.ENOTSOCK => SocketError.NotSocket,
        Errno.ENXIO => SocketError.HostNotFound,
        Errno.EPFNOSUPPORT => SocketError.ProtocolFamilyNotSupported,
        Errno.EPIPE => SocketError.Shutdown,
        Errno.EPROTONOSUPPORT => SocketError.ProtocolNotSupported,
        Errno.EPROTOTYPE => SocketError.ProtocolType,
        Errno.ESHUTDOWN => SocketError.Disconnecting,
        Errno.ESOCKTNOSUPPORT => SocketError.SocketNotSupported,
        Errno.ETIMEDOUT => SocketError.TimedOut,

        // .NET's sockets leave ENOMEM and ENOSYS without an error of their own.
        Errno.ENOBUFS or Errno.ENOMEM => SocketError.NoBufferSpaceAvailable,
        Errno.EOPNOTSUPP or Errno.ENOSYS => SocketError.OperationNotSupported,
        _ => SocketError.SocketError,
    };
}
