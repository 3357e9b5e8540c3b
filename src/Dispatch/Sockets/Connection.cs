using System.Net;
using System.Net.Sockets;

namespace Dispatch;

/// <summary>
/// A connected stream socket (TCP or Unix-domain) that belongs to one loop. Receiving goes through buffers that the kernel fills and hands over by lease; sending
/// keeps the order of the calls and finishes short sends.
/// </summary>
/// <remarks>
/// Awaits resume on the owner. Receive by one of <see cref="ReceiveAsync(CancellationToken)"/> and <see cref="Received"/> at a time. Several sends may be
/// outstanding; they are made one after the other.
/// </remarks>
public sealed partial class Connection : DispatchHandle
{
    private readonly ReceiveOperation receive;
    private readonly int? receiveHighWaterMark;
    private EndPoint? localEndPoint;
    private EndPoint? remoteEndPoint;

    internal Connection(LoopEngine engine, OwnedDescriptor descriptor, AddressFamily family, EndPoint? remote = null, ConnectionOptions? options = null)
        : base(engine, descriptor)
    {
        ConnectionOptions chosen = options ?? ConnectionOptions.Default;
        SendHighWaterMark = chosen.SendHighWaterMark;
        receiveHighWaterMark = chosen.ReceiveHighWaterMark;
        ZeroCopyThreshold = chosen.ZeroCopyThreshold;
        descriptor.ClosesSlowly = chosen.Linger is { Ticks: > 0 };
        Family = family;
        receive = new ReceiveOperation(this);
        Sends = new SendQueue(this);
        remoteEndPoint = remote;
    }

    /// <summary>Gets the peer's address; null for an unnamed Unix-domain peer. <c>getpeername(2)</c>.</summary>
    public EndPoint? RemoteEndPoint => remoteEndPoint ??= SocketCalls.PeerOf(Engine.Ring.Calls, OwnedDescriptor.Number);

    /// <summary>Gets the address on this side. <c>getsockname(2)</c>.</summary>
    public EndPoint? LocalEndPoint => localEndPoint ??= SocketCalls.NameOf(Engine.Ring.Calls, OwnedDescriptor.Number);

    /// <summary>
    /// Gets the received data as a stream. One subscriber at a time. A lease is valid during <c>OnNext</c>; <see cref="BufferLease.Retain"/> keeps it longer. Ends with
    /// <c>OnCompleted</c> when the peer has finished sending, with <c>OnError</c> (a <see cref="SocketException"/>) when the connection broke. Disposing the subscription stops
    /// receiving; bytes that arrive meanwhile stay for the next reader. Callbacks run on the owner.
    /// </summary>
    public IObservable<BufferLease> Received => receive.Consumer;

    /// <summary>Gets what kind of socket it is.</summary>
    internal AddressFamily Family { get; }

    /// <summary>Gets or sets who is told when the peer has finished sending or the connection broke, also while nobody reads. Called on the owner.</summary>
    internal Action? ReceiveEnded { get; set; }

    /// <summary>Gets how many unread receive buffers it may hold.</summary>
    internal int ReceiveQuota => receiveHighWaterMark is { } bytes ? ((bytes - 1) / Engine.Options.ReceiveBufferSize) + 1 : Engine.Options.ReceiveQuota;

    /// <summary>Gets the user's side of receiving.</summary>
    internal ReceiveConsumer Receiving => receive.Consumer;

    /// <summary>Gets the sends that wait or are being made.</summary>
    internal SendQueue Sends { get; }

    /// <summary>Takes a connected .NET socket over for a loop. The socket stays the caller's to dispose, after the connection was closed.</summary>
    /// <param name="socket">A connected stream socket.</param>
    /// <param name="loop">The loop that will own it; by default the calling thread's.</param>
    /// <returns>The connection.</returns>
    public static Connection Adopt(Socket socket, EventLoop? loop = null)
    {
        ArgumentNullException.ThrowIfNull(socket);
        if (socket.SocketType != SocketType.Stream)
        {
            throw new ArgumentException($"A connection needs a stream socket; this one is {socket.SocketType}.", nameof(socket));
        }

        return new Connection(EventLoop.Required(loop).Engine, new OwnedDescriptor(socket.SafeHandle), socket.AddressFamily, socket.RemoteEndPoint);
    }

    /// <summary>
    /// Connects to a host by name or address, trying its addresses in turn. <c>connect(2)</c>; names are resolved by <see cref="Dns"/>.
    /// </summary>
    /// <param name="host">A host name or an address.</param>
    /// <param name="port">The port.</param>
    /// <param name="loop">The loop that will own the connection; by default the calling thread's.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The connection.</returns>
    /// <exception cref="SocketException">No address could be reached; the error of the last one.</exception>
    public static Task<Connection> ConnectAsync(string host, int port, EventLoop? loop = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(host);
        return Connector.ConnectAsync(EventLoop.Required(loop), host, port, ConnectionOptions.Default, cancellationToken);
    }

    /// <summary>Connects to an end point. <c>connect(2)</c>.</summary>
    /// <param name="endPoint">An IP, DNS or Unix-domain end point.</param>
    /// <param name="loop">The loop that will own the connection; by default the calling thread's.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The connection.</returns>
    /// <exception cref="SocketException">The peer could not be reached.</exception>
    public static Task<Connection> ConnectAsync(EndPoint endPoint, EventLoop? loop = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(endPoint);
        return Connector.ConnectAsync(EventLoop.Required(loop), endPoint, ConnectionOptions.Default, cancellationToken);
    }

    /// <summary>Connects to an end point, with options. <c>connect(2)</c>.</summary>
    /// <param name="endPoint">An IP, DNS or Unix-domain end point.</param>
    /// <param name="options">The options.</param>
    /// <param name="loop">The loop that will own the connection; by default the calling thread's.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The connection.</returns>
    /// <exception cref="SocketException">The peer could not be reached, or an option was refused.</exception>
    public static Task<Connection> ConnectAsync(EndPoint endPoint, ConnectionOptions options, EventLoop? loop = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(endPoint);
        ArgumentNullException.ThrowIfNull(options);
        return Connector.ConnectAsync(EventLoop.Required(loop), endPoint, options, cancellationToken);
    }

    /// <summary>
    /// Receives what has come, in the buffer the kernel wrote it to. An empty lease means that the peer has finished sending. <c>recv(2)</c>.
    /// </summary>
    /// <param name="cancellationToken">Gives up waiting. Data that arrived nevertheless is returned, or stays for the next call.</param>
    /// <returns>The lease; dispose it when the data was read.</returns>
    /// <exception cref="SocketException">The connection broke.</exception>
    public ValueTask<BufferLease> ReceiveAsync(CancellationToken cancellationToken = default) =>
        Engine.IsOwner ? receive.Consumer.ReceiveAsync(cancellationToken) : ReceiveFromElsewhereAsync(cancellationToken);

    /// <summary>Receives what has come into memory of the caller's; one copy more than with a lease. <c>recv(2)</c>.</summary>
    /// <param name="destination">Where to. Not empty.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>The number of bytes; 0 when the peer has finished sending.</returns>
    /// <exception cref="SocketException">The connection broke.</exception>
    public ValueTask<int> ReceiveAsync(Memory<byte> destination, CancellationToken cancellationToken = default) =>
        Engine.IsOwner ? receive.Consumer.ReceiveAsync(destination, cancellationToken) : ReceiveFromElsewhereAsync(destination, cancellationToken);

    /// <summary>
    /// Finishes sending (the peer then receives the end of the stream), receiving, or both, after the sends before it. <c>shutdown(2)</c>.
    /// </summary>
    /// <param name="how">Which half.</param>
    /// <returns>A task that ends when it is done.</returns>
    public async ValueTask ShutdownAsync(SocketShutdown how = SocketShutdown.Send)
    {
        if (!Engine.IsOwner)
        {
            await Loop.InvokeAsync(() => ShutdownAsync(how).AsTask()).ConfigureAwait(false);
            return;
        }

        await Sends.WhenDrainedAsync();
        await Loop.ExecuteAsync(IoRequest.Shutdown(this, how));
    }

    /// <summary>
    /// Breaks the connection at once: queued data is dropped, sends that wait fail, and the peer sees a reset. Works on any thread, also while a close waits for sends that a peer does not take;
    /// the close itself ends later (<see cref="DispatchHandle.CloseAsync"/> waits for it).
    /// </summary>
    public void Abort()
    {
        if (!Engine.IsOwner)
        {
            Engine.Posted.TryPost(static (s, _) => ((Connection)s!).Abort(), this, 0);
            return;
        }

        if (Departure is { } departure)
        {
            _ = AbortAfterAsync(departure);
        }
        else if (!Engine.IsOwner)
        {
            Abort(); // It has arrived elsewhere meanwhile.
        }
        else if (OwnedDescriptor.Number >= 0)
        {
            SocketCalls.SetLingerZero(Engine.Ring.Calls, OwnedDescriptor.Number);
            OwnedDescriptor.ClosesSlowly = false;
            Sends.Abort();
            _ = CloseAsync();
        }
    }

    private protected override void BeforeClosing() => output?.TakeIn();

    private protected override void OnClosing() => receive.Close();

    // The ways by the inbox are methods of their own: a lambda that captures a parameter would cost its method an object at every call, on the owner too.
    private ValueTask<BufferLease> ReceiveFromElsewhereAsync(CancellationToken token) => new(Loop.InvokeAsync(() => ReceiveAsync(token).AsTask()));

    private ValueTask<int> ReceiveFromElsewhereAsync(Memory<byte> destination, CancellationToken token) =>
        new(Loop.InvokeAsync(() => ReceiveAsync(destination, token).AsTask()));
}
