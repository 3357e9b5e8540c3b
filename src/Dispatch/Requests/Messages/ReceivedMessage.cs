using System.Net;
using System.Runtime.InteropServices;

namespace Dispatch;

/// <summary>
/// One message of <see cref="IoRequest.ReceiveMessageMultishot"/>, as it lies in its buffer behind a <c>struct io_uring_recvmsg_out</c>: sender, control data, payload. A view of the lease's memory, valid as long as that is.
/// See <c>io_uring_recvmsg_out(3)</c>.
/// </summary>
public readonly ref struct ReceivedMessage
{
    private readonly ReadOnlySpan<byte> address;

    private ReceivedMessage(ReadOnlySpan<byte> address, ReadOnlySpan<byte> control, ReadOnlySpan<byte> payload, IoUringRecords.ReceivedMessageHeader header)
    {
        this.address = address;
        Control = control;
        Payload = payload;
        Flags = (MessageFlags)header.Flags;
        Length = (int)header.PayloadLength;
    }

    /// <summary>Gets who sent it; null where the socket does not tell, or there was no room for the address.</summary>
    public EndPoint? EndPoint => SocketCalls.Parse(address);

    /// <summary>Gets the control data, for <see cref="ControlMessages"/>.</summary>
    public ReadOnlySpan<byte> Control { get; }

    /// <summary>Gets the data, as much of it as had room in the buffer.</summary>
    public ReadOnlySpan<byte> Payload { get; }

    /// <summary>Gets the length that <c>recvmsg(2)</c> told: with <see cref="MessageFlags.Truncate"/> among the request's flags the message's own, else that of <see cref="Payload"/>. 0 at the end of a stream.</summary>
    public int Length { get; }

    /// <summary>Gets what the kernel says of the message: cut, control data cut, end of a record.</summary>
    public MessageFlags Flags { get; }

    /// <summary>Takes a buffer apart.</summary>
    /// <param name="buffer">What the completion brought: the lease's span.</param>
    /// <param name="addressRoom">The room for the address that the request was made with.</param>
    /// <param name="controlRoom">The same for control data.</param>
    /// <returns>The message.</returns>
    /// <exception cref="ArgumentException">The buffer is too short to be such a record.</exception>
    public static ReceivedMessage Parse(ReadOnlySpan<byte> buffer, int addressRoom = MessageParts.LargestAddress, int controlRoom = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(addressRoom);
        ArgumentOutOfRangeException.ThrowIfNegative(controlRoom);
        int start = Marshal.SizeOf<IoUringRecords.ReceivedMessageHeader>();
        if (buffer.Length < (long)start + addressRoom + controlRoom)
        {
            throw new ArgumentException($"A message with room for {addressRoom} bytes of address and {controlRoom} of control data takes {start + addressRoom + controlRoom} bytes at least; there are {buffer.Length}.", nameof(buffer));
        }

        IoUringRecords.ReceivedMessageHeader header = MemoryMarshal.Read<IoUringRecords.ReceivedMessageHeader>(buffer);
        ReadOnlySpan<byte> address = buffer.Slice(start, (int)Math.Min(header.NameLength, (uint)addressRoom));
        ReadOnlySpan<byte> control = buffer.Slice(start + addressRoom, (int)Math.Min(header.ControlLength, (uint)controlRoom));
        ReadOnlySpan<byte> rest = buffer[(start + addressRoom + controlRoom)..];
        return new ReceivedMessage(address, control, rest[..(int)Math.Min(header.PayloadLength, (uint)rest.Length)], header);
    }
}
