using System.Buffers;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Dispatch.AspNetCore;

/// <summary>Makes listeners for Kestrel, and connections for clients, on the dispatcher's loops.</summary>
internal sealed class TransportFactory : IConnectionListenerFactory, IConnectionListenerFactorySelector, IConnectionFactory
{
    private readonly Dispatcher dispatcher;
    private readonly TransportSettings settings;

    public TransportFactory(Dispatcher dispatcher, IOptions<DispatchTransportOptions> options, ILoggerFactory logging, IServiceProvider services)
    {
        this.dispatcher = dispatcher;
        MemoryPool<byte> memory = services.GetService<IMemoryPoolFactory<byte>>()?.Create() ?? MemoryPool<byte>.Shared;
        settings = new TransportSettings(options.Value, logging.CreateLogger(LogMessages.Category), memory);
    }

    /// <inheritdoc/>
    public bool CanBind(EndPoint endpoint) => endpoint is IPEndPoint or UnixDomainSocketEndPoint or FileHandleEndPoint;

    /// <inheritdoc/>
    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        Socket socket;
        try
        {
            socket = settings.Options.CreateBoundListenSocket(endpoint);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            throw new AddressInUseException(e.Message, e);
        }

        try
        {
            socket.Listen(settings.Options.Backlog);
            return new(new TransportListener(socket, endpoint, dispatcher, settings));
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            socket.Dispose();
            throw new AddressInUseException(e.Message, e);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask<ConnectionContext> ConnectAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        Connection connection = await Connection.ConnectAsync(endpoint, settings.Connections, EventLoop.Current ?? dispatcher.NextLoop(), cancellationToken).ConfigureAwait(false);
        return new TransportConnection(connection, settings);
    }
}
