using System.Net;
using System.Net.Sockets;

namespace Dispatch;

/// <summary>
/// An address to send datagrams to, in the kernel's layout and in memory that does not move: made once, it is sent to without another allocation. For answers: <see cref="Set(in Datagram)"/> takes the sender over, again and again.
/// </summary>
/// <remarks>Any thread, one at a time. It must not be changed while a send to it is in flight.</remarks>
public sealed class DatagramAddress
{
    private readonly Memory<byte> memory;
    private int length;

    /// <summary>Initializes a new instance of the <see cref="DatagramAddress"/> class that is no address yet: <see cref="Set(in Datagram)"/> it.</summary>
    public DatagramAddress()
    {
        byte[] bytes = GC.AllocateArray<byte>(MessageParts.LargestAddress, pinned: true);
        memory = System.Runtime.InteropServices.MemoryMarshal.CreateFromPinnedArray(bytes, 0, bytes.Length);
        Extras = new RequestExtras { Second = memory, Subject = this };
    }

    /// <summary>Initializes a new instance of the <see cref="DatagramAddress"/> class.</summary>
    /// <param name="endPoint">An IP or Unix-domain end point; resolve names first.</param>
    public DatagramAddress(EndPoint endPoint)
        : this() => Set(endPoint);

    /// <summary>Gets the end point; null for none. Allocates.</summary>
    public EndPoint? EndPoint => SocketCalls.Parse(Bytes);

    /// <summary>Gets the bytes in the kernel's layout.</summary>
    internal ReadOnlySpan<byte> Bytes => memory.Span[..length];

    /// <summary>Gets what a request that is sent to it carries.</summary>
    internal RequestExtras Extras { get; }

    /// <summary>Gets the length, for a request.</summary>
    internal int Length => length != 0 ? length : throw new InvalidOperationException("This address is none: the datagram that it was taken from came without a sender, or nothing was set.");

    /// <summary>Makes it another address.</summary>
    /// <param name="endPoint">An IP or Unix-domain end point; resolve names first.</param>
    public void Set(EndPoint endPoint)
    {
        ArgumentNullException.ThrowIfNull(endPoint);
        if (endPoint is DnsEndPoint)
        {
            throw new ArgumentException("Resolve the name first: Dns.GetHostAddressesAsync.", nameof(endPoint));
        }

        SocketAddress address = endPoint.Serialize();
        Take(address.Buffer.Span[..address.Size]);
    }

    /// <summary>Makes it the sender of a datagram. Allocates nothing.</summary>
    /// <param name="datagram">A datagram that has not ended.</param>
    public void Set(in Datagram datagram) => Take(datagram.SenderBytes);

    /// <inheritdoc/>
    public override string ToString() => EndPoint?.ToString() ?? nameof(AddressFamily.Unspecified);

    private void Take(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(memory.Span);
        length = bytes.Length;
    }
}
