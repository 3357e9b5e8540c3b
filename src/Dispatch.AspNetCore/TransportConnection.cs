using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace Dispatch.AspNetCore;

/// <summary>A connection of a loop, as Kestrel sees it. It ends with <see cref="DisposeAsync"/>, which sends what was written, or with an abort, which resets it.</summary>
internal sealed class TransportConnection : ConnectionContext, IDuplexPipe, IConnectionIdFeature, IConnectionTransportFeature, IConnectionItemsFeature, IMemoryPoolFeature, IConnectionLifetimeFeature, IConnectionSocketFeature, IConnectionEndPointFeature
{
    private static long lastId = DateTime.UtcNow.Ticks;

    private readonly Connection connection;
    private readonly TransportSettings settings;
    private readonly CancellationTokenSource closed = new();
    private readonly FeatureCollection features;
    private IDictionary<object, object?>? items;
    private string? id;
    private Socket? socket;
    private int isClosed;

    public TransportConnection(Connection connection, TransportSettings settings)
    {
        this.connection = connection;
        this.settings = settings;
        Loop = connection.Loop;
        Placement = new RequestPlacement(this, settings);
        LocalEndPoint = connection.LocalEndPoint;
        RemoteEndPoint = connection.RemoteEndPoint;
        ConnectionClosed = closed.Token;
        Input = new TransportInput(connection, this);
        Output = new TransportOutput(connection);
        Transport = this;
        connection.ReceiveEnded = OnClosed;
        features = new FeatureCollection(new TransportFeatures(this)); // Only what others add to it takes room of its own.
    }

    public EventLoop Loop { get; }

    public RequestPlacement Placement { get; }

    /// <summary>Gets or sets a value indicating whether Kestrel's code for it is the thread pool's throughout. See <see cref="Connection.ServesPool"/>.</summary>
    public bool ServesPool
    {
        get => connection.ServesPool;
        set => connection.ServesPool = value;
    }

    public ConnectionAbortedException? AbortReason { get; private set; }

    public PipeReader Input { get; }

    public PipeWriter Output { get; }

    public MemoryPool<byte> MemoryPool => settings.Memory;

    /// <summary>Gets a socket over the connection's descriptor, which stays the loop's.</summary>
    public Socket Socket => socket ??= new Socket(new SafeSocketHandle(connection.OwnedDescriptor.Number, ownsHandle: false));

    public override IDuplexPipe Transport { get; set; }

    public override string ConnectionId
    {
        get => id ??= Interlocked.Increment(ref lastId).ToString("X", System.Globalization.CultureInfo.InvariantCulture);
        set => id = value;
    }

    public override IFeatureCollection Features => features;

    public override IDictionary<object, object?> Items
    {
        get => items ??= new ConnectionItems();
        set => items = value;
    }

    public override CancellationToken ConnectionClosed { get; set; }

    public override EndPoint? LocalEndPoint { get; set; }

    public override EndPoint? RemoteEndPoint { get; set; }

    /// <summary>Breaks the connection, so that the peer sees a reset. Without a reason (which Kestrel's annotations do not admit, and its HTTP/1.1 gives when the peer has finished) it is closed in order instead.</summary>
    public override void Abort(ConnectionAbortedException? abortReason)
    {
        AbortReason ??= abortReason ?? new ConnectionAbortedException("The connection was closed after the peer had finished sending.");
        if (abortReason is null)
        {
            _ = connection.CloseAsync();
        }
        else
        {
            LogMessages.Aborted(settings.Logger, ConnectionId, abortReason.Message);
            connection.Abort();
        }

        OnClosed();
    }

    public override async ValueTask DisposeAsync()
    {
        Input.Complete();
        try
        {
            if (!connection.IsClosed)
            {
                await Output.CompleteAsync().ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is SocketException or IOException or ObjectDisposedException or OperationCanceledException)
        {
            // The peer is gone: there is nobody to send the rest to.
        }

        await connection.CloseAsync().ConfigureAwait(false);
        Placement.Close();
        OnClosed();
        await base.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Tells those who watch for the end of the connection: on the pool, as they may do anything.</summary>
    private void OnClosed()
    {
        if (Interlocked.Exchange(ref isClosed, 1) == 0)
        {
            ThreadPool.UnsafeQueueUserWorkItem(static s => s.CancelToken(), this, preferLocal: false);
        }
    }

    private void CancelToken()
    {
        try
        {
            closed.Cancel();
        }
        catch (AggregateException e)
        {
            LogMessages.CallbackFailed(settings.Logger, e, ConnectionId); // Of whoever registered it: it must not end the process.
        }
    }
}
