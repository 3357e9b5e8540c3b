using System.Runtime.InteropServices;

namespace Dispatch;

/// <summary>How a received datagram lies in its buffer: the record of <c>io_uring_recvmsg_out(3)</c>, the sender, control data, and then the data.</summary>
internal static class DatagramLayout
{
    /// <summary>Room for the sender: the longest address that any family has (<c>struct sockaddr_un</c>, 110 bytes), so that one layout serves all.</summary>
    public const int AddressRoom = 112;

    /// <summary>Room for one control message with an int (UDP_GRO).</summary>
    public const int ControlRoom = 24;

    /// <summary>What a buffer has to hold when the kernel joins datagrams: 64 KiB of them, and what stands before.</summary>
    public const int CoalescedBytes = 66_000;

    private const int SolUdp = 17;
    private const int UdpGro = 104;

    /// <summary>Gets the bytes of the record.</summary>
    public static unsafe int RecordBytes => sizeof(IoUringRecords.ReceivedMessageHeader);

    /// <summary>Gets where the data begins.</summary>
    public static int DataAt => RecordBytes + AddressRoom + ControlRoom;

    /// <summary>Reads the record.</summary>
    public static IoUringRecords.ReceivedMessageHeader Record(ReadOnlySpan<byte> buffer) => MemoryMarshal.Read<IoUringRecords.ReceivedMessageHeader>(buffer);

    /// <summary>Gets the sender's address.</summary>
    public static ReadOnlySpan<byte> Sender(ReadOnlySpan<byte> buffer) => buffer.Slice(RecordBytes, (int)Math.Min(Record(buffer).NameLength, AddressRoom));

    /// <summary>Gets the length of each datagram but the last when the kernel has joined several; 0 when it has not.</summary>
    public static int SegmentSize(ReadOnlySpan<byte> buffer)
    {
        // struct cmsghdr: the length with the header (8 bytes), level, type, and then an int.
        ReadOnlySpan<byte> control = buffer.Slice(RecordBytes + AddressRoom, (int)Math.Min(Record(buffer).ControlLength, ControlRoom));
        return control.Length >= 20 && MemoryMarshal.Read<int>(control[8..]) == SolUdp && MemoryMarshal.Read<int>(control[12..]) == UdpGro ? MemoryMarshal.Read<int>(control[16..]) : 0;
    }
}
