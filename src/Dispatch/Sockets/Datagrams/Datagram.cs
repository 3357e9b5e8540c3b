using System.Net;

namespace Dispatch;

/// <summary>
/// A received datagram, in the buffer that the kernel wrote it to. Valid during <c>OnNext</c>, or until the next one is asked for; every access checks that, and throws when the buffer has gone back. <see cref="ToArray"/> copies,
/// <see cref="Retain"/> keeps the buffer.
/// </summary>
public readonly struct Datagram : IEquatable<Datagram>
{
    internal Datagram(BufferLease lease) => Lease = lease;

    /// <summary>Gets the data; empty for a datagram of no bytes. Throws <see cref="ObjectDisposedException"/> when the datagram has ended.</summary>
    public ReadOnlySpan<byte> Span => Lease.IsEmpty ? default : Lease.Span[DatagramLayout.DataAt..];

    /// <summary>Gets the number of bytes.</summary>
    public int Length => Lease.IsEmpty ? 0 : Lease.Length - DatagramLayout.DataAt;

    /// <summary>Gets who sent it; null for a sender without an address (an unbound Unix-domain socket). Allocates: a server that answers takes <see cref="DatagramAddress.Set(in Datagram)"/>.</summary>
    public EndPoint? Sender => SocketCalls.Parse(SenderBytes);

    /// <summary>Gets a value indicating whether it was longer than there was room for: the rest is lost. <see cref="EventLoopOptions.ReceiveBufferSize"/>, less 152 bytes, is the room.</summary>
    public bool IsTruncated => !Lease.IsEmpty && ((MessageFlags)DatagramLayout.Record(Lease.Span).Flags & MessageFlags.Truncate) != 0;

    /// <summary>Gets how long each datagram in it is, but for the last, which may be shorter, when the kernel has joined several (<see cref="DatagramOptions.ReceiveCoalescing"/>); 0 when it is one.</summary>
    public int SegmentSize => Lease.IsEmpty ? 0 : DatagramLayout.SegmentSize(Lease.Span);

    internal BufferLease Lease { get; }

    internal ReadOnlySpan<byte> SenderBytes => Lease.IsEmpty ? default : DatagramLayout.Sender(Lease.Span);

    /// <summary>Compares two datagrams.</summary>
    /// <param name="left">One.</param>
    /// <param name="right">The other.</param>
    /// <returns>Whether they are the same.</returns>
    public static bool operator ==(Datagram left, Datagram right) => left.Equals(right);

    /// <summary>Compares two datagrams.</summary>
    /// <param name="left">One.</param>
    /// <param name="right">The other.</param>
    /// <returns>Whether they differ.</returns>
    public static bool operator !=(Datagram left, Datagram right) => !left.Equals(right);

    /// <summary>Copies the data into an array of its own.</summary>
    /// <returns>The copy.</returns>
    public byte[] ToArray() => Span.ToArray();

    /// <summary>Keeps the data beyond the datagram, as <see cref="Memory{T}"/>. The buffer is out of the pool until the result is disposed, so keep few and not for long.</summary>
    /// <returns>The retained buffer; dispose it, from any thread.</returns>
    public RetainedBuffer Retain() => Lease.IsEmpty ? RetainedBuffer.Empty : Lease.Skip(DatagramLayout.DataAt).Retain();

    /// <inheritdoc/>
    public bool Equals(Datagram other) => Lease.Equals(other.Lease);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Datagram other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => Lease.GetHashCode();
}
