using System.Runtime.InteropServices;

namespace Dispatch;

/// <summary>
/// The kernel's <c>struct io_uring_sqe</c>, 64 bytes. It is the request format of every kernel behind the seam, not only of io_uring.
/// Fields that share an offset are the unions of the C declaration; the header test compares all of them with the kernel's headers.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = 64)]
internal struct SubmissionEntry
{
    [FieldOffset(0)]
    public Opcode Opcode;

    [FieldOffset(1)]
    public EntryFlags Flags;

    [FieldOffset(2)]
    public ushort IoPriority;

    [FieldOffset(4)]
    public int Fd;

    [FieldOffset(8)]
    public ulong Offset;

    [FieldOffset(8)]
    public ulong Address2;

    [FieldOffset(16)]
    public ulong Address;

    [FieldOffset(24)]
    public uint Length;

    [FieldOffset(28)]
    public uint OperationFlags;

    [FieldOffset(32)]
    public ulong UserData;

    [FieldOffset(40)]
    public ushort BufferIndex;

    [FieldOffset(40)]
    public ushort BufferGroup;

    [FieldOffset(42)]
    public ushort Personality;

    [FieldOffset(44)]
    public int SpliceFd;

    [FieldOffset(44)]
    public uint FileIndex;

    [FieldOffset(48)]
    public ulong Address3;

    [FieldOffset(56)]
    public ulong Padding;
}
