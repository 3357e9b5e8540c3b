namespace Dispatch;

/// <summary>The options of a <see cref="DatagramSocket"/>. What is null stays as the system has it. <c>socket(7)</c>, <c>ip(7)</c>, <c>udp(7)</c>.</summary>
public sealed class DatagramOptions
{
    /// <summary>Gets or sets a value indicating whether other sockets may be bound to the same address, the last one getting what comes (SO_REUSEADDR). Default false. For groups of multicast receivers.</summary>
    public bool ReuseAddress { get; set; }

    /// <summary>Gets or sets a value indicating whether the kernel shares what comes among the sockets of the same address, by sender (SO_REUSEPORT): one for each loop, say. Default false.</summary>
    public bool ReusePort { get; set; }

    /// <summary>Gets or sets a value indicating whether it may send to broadcast addresses (SO_BROADCAST). Default false.</summary>
    public bool Broadcast { get; set; }

    /// <summary>Gets or sets a value indicating whether an IPv6 socket takes IPv4, too, as mapped addresses. Default false.</summary>
    public bool DualMode { get; set; }

    /// <summary>Gets or sets through how many routers a datagram may go (IP_TTL, IPV6_UNICAST_HOPS): 1 to 255.</summary>
    public int? TimeToLive { get; set; }

    /// <summary>Gets or sets a value indicating whether routers must not cut datagrams (IP_MTU_DISCOVER): a send that is too long for the path then fails with <see cref="System.Net.Sockets.SocketError.MessageSize"/>.</summary>
    public bool? DontFragment { get; set; }

    /// <summary>Gets or sets the size of the kernel's send buffer in bytes (SO_SNDBUF); the kernel doubles it.</summary>
    public int? SendBufferSize { get; set; }

    /// <summary>Gets or sets the size of the kernel's receive buffer in bytes (SO_RCVBUF); the kernel doubles it. What finds no room in it is dropped by the kernel: see <see cref="DatagramSocket.GetDropped"/>.</summary>
    public int? ReceiveBufferSize { get; set; }

    /// <summary>
    /// Gets or sets a value indicating whether datagrams of one sender that come together are received as one (UDP_GRO): <see cref="Datagram.SegmentSize"/> says where to cut. Default false. A buffer has to hold as many as the kernel
    /// joins, so the loop's <see cref="EventLoopOptions.ReceiveBufferSize"/> must be 66,000 bytes at least.
    /// </summary>
    public bool ReceiveCoalescing { get; set; }

    /// <summary>Gets or sets how many datagrams may wait for the reader of <see cref="LoopStream{T}.ReadAllAsync"/>, and what happens to the next. Default: 16, and receiving pauses, so that the kernel's buffer fills.</summary>
    public StreamOptions Unread { get; set; } = StreamOptions.Default;

    internal static DatagramOptions Default { get; } = new();

    internal void Validate(EventLoopOptions loop)
    {
        ArgumentNullException.ThrowIfNull(Unread);
        Check(TimeToLive is null or (>= 1 and <= 255), nameof(TimeToLive), TimeToLive, "must be 1 to 255.");
        Check(
            loop.ReceiveBufferSize > DatagramLayout.DataAt,
            nameof(EventLoopOptions.ReceiveBufferSize),
            loop.ReceiveBufferSize,
            $"cannot help: the receive buffers of the loop have {loop.ReceiveBufferSize} bytes, of which a datagram's sender and record take {DatagramLayout.DataAt}. Set {nameof(EventLoopOptions)}.{nameof(EventLoopOptions.ReceiveBufferSize)}.");
        Check(
            !ReceiveCoalescing || loop.ReceiveBufferSize >= DatagramLayout.CoalescedBytes,
            nameof(ReceiveCoalescing),
            ReceiveCoalescing,
            $"takes receive buffers of {DatagramLayout.CoalescedBytes} bytes at least, for as many datagrams as the kernel joins; the loop has {loop.ReceiveBufferSize}. Set {nameof(EventLoopOptions)}.{nameof(EventLoopOptions.ReceiveBufferSize)}.");
    }

    private static void Check(bool valid, string name, object? value, string demand)
    {
        if (!valid)
        {
            throw new ArgumentOutOfRangeException(name, value, $"{nameof(DatagramOptions)}.{name} {demand}");
        }
    }
}
