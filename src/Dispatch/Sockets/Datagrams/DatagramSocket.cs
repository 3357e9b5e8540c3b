using System.Net;
using System.Net.Sockets;

namespace Dispatch;

/// <summary>
/// A socket for datagrams (UDP, or Unix-domain) that belongs to one loop. What comes is received by one multishot request into buffers that the kernel chooses, many datagrams an enter, and nothing is allocated for one.
/// <c>udp(7)</c>, <c>unix(7)</c>.
/// </summary>
/// <remarks>
/// <para>Receive by one of <see cref="Received"/> and <see cref="ReceiveAsync"/> at a time. A slow reader stops the receiving; what comes meanwhile waits in the kernel's buffer, and what has no room there is lost: <see cref="GetDropped"/> counts it.</para>
/// <para>Sends are made in no promised order, as the network keeps none either. A datagram is sent whole or not at all.</para>
/// <para>On a connected socket the network's answer to an earlier send (nobody listens there: <see cref="SocketError.ConnectionRefused"/>) is thrown by the next send or receive, whichever comes first, and
/// ends a subscription with <c>OnError</c>. The socket goes on: receive or subscribe again.</para>
/// </remarks>
public sealed class DatagramSocket : DispatchHandle
{
    private readonly DatagramStream stream;
    private readonly ItemReader<Datagram> reader;

    private DatagramSocket(LoopEngine engine, OwnedDescriptor descriptor, AddressFamily family, DatagramOptions options)
        : base(engine, descriptor)
    {
        Family = family;
        stream = new DatagramStream(this, options.Unread.Checked(mayDrop: true, "Received"));
        reader = new ItemReader<Datagram>(stream);
    }

    /// <summary>Gets the address that it is bound to, with the port that the system chose if 0 was asked for; null for an unnamed one. <c>getsockname(2)</c>.</summary>
    public EndPoint? LocalEndPoint => OwnedDescriptor.Number >= 0 ? SocketCalls.NameOf(Engine.Ring.Calls, OwnedDescriptor.Number) : null;

    /// <summary>Gets the one peer that it sends to and receives from; null when it is not connected.</summary>
    public EndPoint? RemoteEndPoint { get; private init; }

    /// <summary>
    /// Gets what comes. One consumer at a time: a subscriber, or a reader of <see cref="LoopStream{T}.ReadAllAsync"/>. A datagram is valid during <c>OnNext</c>, or until the reader asks for the next. Ends with <c>OnCompleted</c> when the
    /// socket is closed or the loop ends. Callbacks run on the owner.
    /// </summary>
    public LoopStream<Datagram> Received => stream;

    internal AddressFamily Family { get; }

    /// <summary>Binds a socket to an address, to receive what is sent there and to send from it. <c>socket(2)</c>, <c>bind(2)</c>. Any thread.</summary>
    /// <param name="endPoint">An IP end point (port 0 lets the system choose) or a Unix-domain one.</param>
    /// <param name="options">Options, or null for the defaults.</param>
    /// <param name="loop">The loop that will own it; by default the calling thread's.</param>
    /// <returns>The socket; close it.</returns>
    /// <exception cref="SocketException">The address is in use, or forbidden, or an option was refused.</exception>
    public static DatagramSocket Bind(EndPoint endPoint, DatagramOptions? options = null, EventLoop? loop = null)
    {
        ArgumentNullException.ThrowIfNull(endPoint);
        return Open(endPoint, null, options, EventLoop.Required(loop).Engine, bind: true);
    }

    /// <summary>Makes a socket that sends to one peer and receives from no other. <c>socket(2)</c>, <c>connect(2)</c>. Any thread.</summary>
    /// <param name="endPoint">The peer: an IP or Unix-domain end point; resolve names first.</param>
    /// <param name="options">Options, or null for the defaults.</param>
    /// <param name="loop">The loop that will own it; by default the calling thread's.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The socket; close it.</returns>
    /// <exception cref="SocketException">There is no way there, or an option was refused.</exception>
    public static async Task<DatagramSocket> ConnectAsync(EndPoint endPoint, DatagramOptions? options = null, EventLoop? loop = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(endPoint);
        EventLoop owner = EventLoop.Required(loop);
        DatagramSocket socket = Open(endPoint, endPoint, options, owner.Engine, bind: false);
        try
        {
            await owner.ExecuteAsync(IoRequest.Connect(socket, endPoint), cancellationToken);
            return socket;
        }
        catch
        {
            await socket.CloseAsync();
            throw;
        }
    }

    /// <summary>Sends a datagram to the peer of a connected socket. <c>send(2)</c>. Allocates nothing on the owner.</summary>
    /// <param name="data">The data, which belongs to the kernel until the task ends.</param>
    /// <param name="cancellationToken">Gives up waiting for room in the kernel's buffer.</param>
    /// <returns>The number of bytes: all of them.</returns>
    /// <exception cref="SocketException">It is too long, nobody listens there, or the socket is not connected.</exception>
    public ValueTask<int> SendAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken = default) => Loop.ExecuteAsync(IoRequest.Send(this, data), cancellationToken);

    /// <summary>Sends a datagram to an address. <c>sendto(2)</c>. Allocates nothing on the owner.</summary>
    /// <param name="data">The data, which belongs to the kernel until the task ends.</param>
    /// <param name="address">Where to. Not to be changed until the task ends.</param>
    /// <param name="cancellationToken">Gives up waiting for room in the kernel's buffer.</param>
    /// <returns>The number of bytes: all of them.</returns>
    /// <exception cref="SocketException">It is too long, or there is no way there.</exception>
    public ValueTask<int> SendToAsync(ReadOnlyMemory<byte> data, DatagramAddress address, CancellationToken cancellationToken = default) =>
        Loop.ExecuteAsync(IoRequest.SendTo(this, data, address), cancellationToken);

    /// <summary>Sends a datagram to an address. <c>sendto(2)</c>. Allocates the address; to send more than once there, make a <see cref="DatagramAddress"/>.</summary>
    /// <param name="data">The data, which belongs to the kernel until the task ends.</param>
    /// <param name="endPoint">Where to: an IP or Unix-domain end point; resolve names first.</param>
    /// <param name="cancellationToken">Gives up waiting for room in the kernel's buffer.</param>
    /// <returns>The number of bytes: all of them.</returns>
    /// <exception cref="SocketException">It is too long, or there is no way there.</exception>
    public ValueTask<int> SendToAsync(ReadOnlyMemory<byte> data, EndPoint endPoint, CancellationToken cancellationToken = default) => SendToAsync(data, new DatagramAddress(endPoint), cancellationToken);

    /// <summary>
    /// Sends one block as many datagrams of the same size, the last one perhaps shorter, in one call: the kernel, or the device, cuts it (UDP_SEGMENT; Linux 4.18). <c>sendmsg(2)</c>, <c>udp(7)</c>.
    /// </summary>
    /// <param name="data">The data: 64 datagrams at most, and 65,507 bytes.</param>
    /// <param name="segmentSize">The size of a datagram in bytes; it must fit into the path without being cut once more.</param>
    /// <param name="endPoint">Where to; null on a connected socket.</param>
    /// <param name="cancellationToken">Gives up waiting for room in the kernel's buffer.</param>
    /// <returns>The number of bytes: all of them.</returns>
    /// <exception cref="SocketException">It is too long, or there is no way there.</exception>
    public ValueTask<int> SendSegmentsAsync(ReadOnlyMemory<byte> data, int segmentSize, EndPoint? endPoint = null, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(segmentSize, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(segmentSize, ushort.MaxValue);
        return Loop.ExecuteAsync(IoRequest.SendMessage(this, [data], endPoint, DatagramCalls.SegmentControl((ushort)segmentSize)), cancellationToken);
    }

    /// <summary>
    /// Receives the next datagram, which is valid until the next receive, or the close. Receiving goes on between the calls, as far as <see cref="DatagramOptions.Unread"/> has room; nothing is allocated on the owner. <c>recvmsg(2)</c>.
    /// From the first call on it is the consumer of <see cref="Received"/>, for good.
    /// </summary>
    /// <param name="cancellationToken">Gives up waiting. A datagram that came nevertheless is the next call's.</param>
    /// <returns>The datagram.</returns>
    /// <exception cref="SocketException">The network's answer to an earlier send of a connected socket.</exception>
    /// <exception cref="ObjectDisposedException">The socket was closed.</exception>
    public ValueTask<Datagram> ReceiveAsync(CancellationToken cancellationToken = default) => reader.ReadAsync(cancellationToken);

    /// <summary>Gets how many datagrams the kernel has dropped because its receive buffer was full. <c>SO_MEMINFO</c> of <c>socket(7)</c>. Owner thread only.</summary>
    /// <returns>The number, since the socket was made.</returns>
    public long GetDropped()
    {
        Loop.VerifyAccess();
        ObjectDisposedException.ThrowIf(IsClosed, this);
        return DatagramCalls.Dropped(Engine.Ring.Calls, OwnedDescriptor.Number);
    }

    /// <summary>Receives what is sent to a group, too (IP_ADD_MEMBERSHIP, IPV6_JOIN_GROUP). <c>ip(7)</c>. Owner thread only.</summary>
    /// <param name="group">The group's address.</param>
    /// <param name="interfaceIndex">The index of the interface; 0 lets the system choose.</param>
    /// <exception cref="SocketException">It is no such address, or there is no such interface.</exception>
    public void JoinGroup(IPAddress group, int interfaceIndex = 0) => ChangeGroup(group, interfaceIndex, join: true);

    /// <summary>Receives no more what is sent to a group (IP_DROP_MEMBERSHIP, IPV6_LEAVE_GROUP). <c>ip(7)</c>. Owner thread only.</summary>
    /// <param name="group">The group's address.</param>
    /// <param name="interfaceIndex">The index of the interface that it was joined on; 0 for the system's choice.</param>
    /// <exception cref="SocketException">It was not joined.</exception>
    public void LeaveGroup(IPAddress group, int interfaceIndex = 0) => ChangeGroup(group, interfaceIndex, join: false);

    private protected override void OnClosing()
    {
        reader.Leave(); // What it holds goes back, too.
        stream.Close();
    }

    private static DatagramSocket Open(EndPoint endPoint, EndPoint? remote, DatagramOptions? options, LoopEngine engine, bool bind)
    {
        if (endPoint is DnsEndPoint)
        {
            throw new ArgumentException("Resolve the name first: Dns.GetHostAddressesAsync.", nameof(endPoint));
        }

        DatagramOptions chosen = options ?? DatagramOptions.Default;
        chosen.Validate(engine.Options);
        int number = DatagramCalls.Open(engine.Ring.Calls, endPoint, chosen, bind);
        return new DatagramSocket(engine, new OwnedDescriptor(number, engine.Ring.Calls), endPoint.AddressFamily, chosen) { RemoteEndPoint = remote };
    }

    private void ChangeGroup(IPAddress group, int interfaceIndex, bool join)
    {
        ArgumentNullException.ThrowIfNull(group);
        ArgumentOutOfRangeException.ThrowIfNegative(interfaceIndex);
        Loop.VerifyAccess();
        ObjectDisposedException.ThrowIf(IsClosed, this);
        DatagramCalls.ChangeGroup(Engine.Ring.Calls, OwnedDescriptor.Number, group, interfaceIndex, join);
    }
}
