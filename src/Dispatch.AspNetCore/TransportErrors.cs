using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;

namespace Dispatch.AspNetCore;

/// <summary>The exceptions of a connection, as Kestrel expects them of a transport.</summary>
internal static class TransportErrors
{
    public static Exception ForRead(Exception error, ConnectionAbortedException? abort) => error switch
    {
        OperationCanceledException or InvalidOperationException and not ObjectDisposedException => error,
        _ when abort is not null => abort,
        SocketException { SocketErrorCode: SocketError.ConnectionReset or SocketError.Shutdown or SocketError.ConnectionAborted } => new ConnectionResetException(error.Message, error),
        ObjectDisposedException => new ConnectionAbortedException("The connection was closed on this side.", error),
        _ => new IOException(error.Message, error),
    };
}
