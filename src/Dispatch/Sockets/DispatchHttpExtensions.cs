using System.Net;

namespace Dispatch;

/// <summary>Puts HTTP clients on event loops.</summary>
public static class DispatchHttpExtensions
{
    /// <summary>
    /// The handler's connections belong to a dispatcher's loops, one after the other: connects, reads and writes are requests of their rings. What the handler does otherwise is as it was: its pool of connections, TLS, HTTP/2,
    /// <see cref="SocketsHttpHandler.ConnectTimeout"/>. It replaces the handler's <see cref="SocketsHttpHandler.ConnectCallback"/>.
    /// </summary>
    /// <remarks>
    /// <para>Names are resolved by <see cref="Dns"/>, and a host's addresses are tried in turn. The client is used from any thread, and its awaits resume as they always do: on a loop, there. A request that is cancelled or timed out gives its
    /// connection up, with what was still being sent.</para>
    /// <para>Dispose the client before the dispatcher: connections in its pool keep a drain waiting for its deadline. <c>connect(2)</c>.</para>
    /// </remarks>
    /// <param name="handler">The handler, before its first request.</param>
    /// <param name="dispatcher">Whose loops.</param>
    /// <param name="endPoint">Where to connect, whatever the request's address says: a Unix-domain end point, or a proxy's. Null for the request's host and port.</param>
    /// <param name="options">Options of the connections, or null for the defaults.</param>
    /// <returns>The handler.</returns>
    /// <exception cref="InvalidOperationException">The handler has sent a request already.</exception>
    public static SocketsHttpHandler UseDispatch(this SocketsHttpHandler handler, Dispatcher dispatcher, EndPoint? endPoint = null, ConnectionOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(handler);
        ArgumentNullException.ThrowIfNull(dispatcher);
        ConnectionOptions chosen = options ?? ConnectionOptions.Default;
        chosen.Validate();
        handler.ConnectCallback = async (context, token) =>
        {
            Connection connection = await Connector.ConnectAsync(dispatcher.NextLoop(), endPoint ?? context.DnsEndPoint, chosen, token).ConfigureAwait(false);
            return new ConnectionStream(connection, leaveOpen: false) { GivesUpWrites = true };
        };
        return handler;
    }
}
