using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;

namespace Dispatch;

/// <summary>
/// A listening socket of one loop. Accepting is one multishot request; a shortage of descriptors pauses it until one is closed, and transient errors are
/// counted and retried, so neither ends it.
/// </summary>
public sealed class Listener : DispatchHandle
{
    private readonly AcceptOperation accept;

    private Listener(LoopEngine engine, OwnedDescriptor descriptor, ListenerOptions options, AddressFamily family, EndPoint? local)
        : base(engine, descriptor)
    {
        Family = family;
        LocalEndPoint = local;
        accept = new AcceptOperation(this, options);
    }

    /// <summary>Gets the address, with the port that the system chose if 0 was asked for.</summary>
    public EndPoint? LocalEndPoint { get; }

    /// <summary>
    /// Gets the accepted connections as a stream. One subscriber at a time; each connection is the subscriber's to close. Ends with <c>OnCompleted</c> when the listener is closed.
    /// Disposing the subscription pauses accepting. Callbacks run on the owner.
    /// </summary>
    public IObservable<Connection> Accepts => accept;

    /// <summary>Gets what kind of sockets it accepts.</summary>
    internal AddressFamily Family { get; }

    /// <summary>Listens on an address. <c>socket(2)</c>, <c>bind(2)</c>, <c>listen(2)</c>.</summary>
    /// <param name="endPoint">An IP or Unix-domain end point; port 0 lets the system choose.</param>
    /// <param name="options">Options, or null for the defaults.</param>
    /// <param name="loop">The loop that will own it and its connections; by default the calling thread's.</param>
    /// <returns>The listener.</returns>
    /// <exception cref="System.Net.Sockets.SocketException">The address is in use, or forbidden.</exception>
    public static Listener Listen(EndPoint endPoint, ListenerOptions? options = null, EventLoop? loop = null)
    {
        ArgumentNullException.ThrowIfNull(endPoint);
        ListenerOptions chosen = options ?? new ListenerOptions();
        return Listen(endPoint, chosen, EventLoop.Required(loop).Engine, chosen.ReusePort);
    }

    /// <summary>Takes the next connection. <c>accept4(2)</c>.</summary>
    /// <param name="cancellationToken">Gives up waiting. A connection that was accepted nevertheless is returned, or stays for the next call.</param>
    /// <returns>The connection; the caller closes it.</returns>
    public ValueTask<Connection> AcceptAsync(CancellationToken cancellationToken = default) =>
        NextAsync(null, cancellationToken);

    /// <summary>
    /// Takes the connections one after the other: the pull form of <see cref="Accepts"/>, for <c>await foreach</c>. Accepting begins with the first <c>MoveNextAsync</c>, and pauses when the enumeration is left, and while
    /// <see cref="ListenerOptions.AcceptQuota"/> connections wait to be taken. What was accepted and not taken is the next consumer's; the listener's close resets and counts it.
    /// </summary>
    /// <remarks>One enumeration at a time, and no accept or subscription beside it. Any thread; the code goes on where it was. It ends when the listener is closed, or its loop ends; one of a closed listener is empty. <c>accept4(2)</c>.</remarks>
    /// <param name="cancellationToken">Ends the waiting for a connection with <see cref="OperationCanceledException"/>. One that was accepted nevertheless is the next consumer's.</param>
    /// <returns>The connections; whoever takes one closes it.</returns>
    /// <exception cref="InvalidOperationException">Somebody else accepts from the listener.</exception>
    public async IAsyncEnumerable<Connection> AcceptAllAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        object enumeration = new();
        try
        {
            while (true)
            {
                Connection connection;
                try
                {
                    connection = await NextAsync(enumeration, cancellationToken);
                }
                catch (ObjectDisposedException) when (IsClosed || Engine.IsClosed || Engine.Inbox.IsClosed)
                {
                    yield break;
                }

                yield return connection;
            }
        }
        finally
        {
            await LeaveAsync(enumeration);
        }
    }

    internal static Listener Listen(EndPoint endPoint, ListenerOptions options, LoopEngine engine, bool reusePort)
    {
        options.Connections.Validate();
        int number = SocketCalls.Listen(engine.Ring.Calls, endPoint, options, reusePort);
        Listener listener = new(engine, new OwnedDescriptor(number, engine.Ring.Calls), options, endPoint.AddressFamily, SocketCalls.NameOf(engine.Ring.Calls, number) ?? endPoint);
        return listener;
    }

    /// <summary>Takes a bound socket that listens over for a loop. The socket stays the caller's to dispose, after the listener was closed.</summary>
    internal static Listener Adopt(Socket socket, ListenerOptions options, EventLoop loop)
    {
        options.Connections.Validate();
        return new Listener(loop.Engine, new OwnedDescriptor(socket.SafeHandle), options, socket.AddressFamily, socket.LocalEndPoint);
    }

    private protected override void OnClosing() => accept.Close();

    private ValueTask<Connection> NextAsync(object? enumeration, CancellationToken token) =>
        Engine.IsOwner ? accept.AcceptAsync(enumeration, token) : NextFromElsewhereAsync(enumeration, token);

    private ValueTask<Connection> NextFromElsewhereAsync(object? enumeration, CancellationToken token) => new(Loop.InvokeAsync(() => accept.AcceptAsync(enumeration, token).AsTask()));

    private Task LeaveAsync(object enumeration)
    {
        if (!Engine.IsOwner)
        {
            return Loop.TryInvokeAsync(() => LeaveAsync(enumeration), static () => { });
        }

        accept.Leave(enumeration);
        return Task.CompletedTask;
    }
}
