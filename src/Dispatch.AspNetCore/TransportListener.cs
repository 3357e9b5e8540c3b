using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;

namespace Dispatch.AspNetCore;

/// <summary>
/// One bound address. One loop accepts and deals the connections to all loops in turn: with a listening socket a loop (SO_REUSEPORT) a second server on the same port would not be refused.
/// </summary>
internal sealed class TransportListener : IConnectionListener, IObserver<Connection>
{
    private readonly Channel<TransportConnection> accepted = Channel.CreateUnbounded<TransportConnection>(new UnboundedChannelOptions { SingleReader = true });
    private readonly Socket socket;
    private readonly Dispatcher dispatcher;
    private readonly TransportSettings settings;
    private readonly Listener listener;
    private int dealt;

    public TransportListener(Socket socket, EndPoint asked, Dispatcher dispatcher, TransportSettings settings)
    {
        this.socket = socket;
        this.dispatcher = dispatcher;
        this.settings = settings;
        EndPoint = asked is FileHandleEndPoint ? asked : socket.LocalEndPoint ?? asked;
        EventLoop loop = dispatcher.NextLoop();
        listener = Listener.Adopt(socket, new ListenerOptions { Connections = settings.Connections }, loop);
        loop.Post(() => listener.Accepts.Subscribe(this));
    }

    /// <inheritdoc/>
    public EndPoint EndPoint { get; }

    /// <inheritdoc/>
    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        while (await accepted.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false))
        {
            if (accepted.Reader.TryRead(out TransportConnection? connection))
            {
                return connection;
            }
        }

        return null;
    }

    /// <inheritdoc/>
    public async ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        // An application that is disposed without having been stopped gives a token that is cancelled already, and one whose loop is stuck gives up at its time-out: neither is an error here, and the disposal waits.
        await listener.CloseAsync().WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        socket.Dispose(); // Which unlinks the name of a Unix-domain socket.
        accepted.Writer.TryComplete();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await UnbindAsync().ConfigureAwait(false);
        while (accepted.Reader.TryRead(out TransportConnection? connection))
        {
            connection.Abort();
            await connection.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public void OnNext(Connection value)
    {
        EventLoop target = dispatcher.Loops[(int)((uint)dealt++ % (uint)dispatcher.Loops.Count)];
        Connection connection = value;
        if (!ReferenceEquals(target, value.Loop))
        {
            // Nothing is in flight on it yet, so the number can simply change hands.
            connection = new Connection(target.Engine, new OwnedDescriptor(value.OwnedDescriptor.Detach(), target.Engine.Ring.Calls), value.Family, options: settings.Connections);
        }

        TransportConnection made = new(connection, settings);
        if (!accepted.Writer.TryWrite(made))
        {
            made.Abort();
        }
    }

    /// <inheritdoc/>
    public void OnCompleted() => accepted.Writer.TryComplete();

    /// <inheritdoc/>
    public void OnError(Exception error) => accepted.Writer.TryComplete(error);
}
