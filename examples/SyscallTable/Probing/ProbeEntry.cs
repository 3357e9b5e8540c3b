using System.Buffers.Binary;

namespace Dispatch.Examples.SyscallTable.Probing;

/// <summary>The 64 bytes of a submission entry, by the offsets of <c>struct io_uring_sqe</c>.</summary>
internal sealed class ProbeEntry
{
    public byte[] Bytes { get; } = new byte[64];

    public byte Opcode
    {
        set => Bytes[0] = value;
    }

    public int Descriptor
    {
        set => BinaryPrimitives.WriteInt32LittleEndian(Bytes.AsSpan(4), value);
    }

    /// <summary>Sets the offset, or the second address.</summary>
    public long Offset
    {
        set => BinaryPrimitives.WriteInt64LittleEndian(Bytes.AsSpan(8), value);
    }

    public long Address
    {
        set => BinaryPrimitives.WriteInt64LittleEndian(Bytes.AsSpan(16), value);
    }

    public uint Length
    {
        set => BinaryPrimitives.WriteUInt32LittleEndian(Bytes.AsSpan(24), value);
    }

    public uint Flags
    {
        set => BinaryPrimitives.WriteUInt32LittleEndian(Bytes.AsSpan(28), value);
    }

    /// <summary>Sets the buffer's number, or its group's.</summary>
    public ushort Buffer
    {
        set => BinaryPrimitives.WriteUInt16LittleEndian(Bytes.AsSpan(40), value);
    }

    /// <summary>Sets the second descriptor, or the slot of the table.</summary>
    public int Second
    {
        set => BinaryPrimitives.WriteInt32LittleEndian(Bytes.AsSpan(44), value);
    }

    public long Address3
    {
        set => BinaryPrimitives.WriteInt64LittleEndian(Bytes.AsSpan(48), value);
    }
}
