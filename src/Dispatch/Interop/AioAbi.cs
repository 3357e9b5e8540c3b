using System.Runtime.InteropServices;

namespace Dispatch;

/// <summary>The constants and records of <c>linux/aio_abi.h</c>, and of the ring in user memory that the kernel documents only in its source.</summary>
internal static class AioAbi
{
    public const ushort IOCB_CMD_PREAD = 0;
    public const ushort IOCB_CMD_PWRITE = 1;
    public const ushort IOCB_CMD_FSYNC = 2;
    public const ushort IOCB_CMD_FDSYNC = 3;
    public const ushort IOCB_CMD_POLL = 5;
    public const ushort IOCB_CMD_PREADV = 7;
    public const ushort IOCB_CMD_PWRITEV = 8;
    public const uint IOCB_FLAG_IOPRIO = 1u << 1;
    public const uint RingMagic = 0xa10a10a1;

    public const int RWF_NOWAIT = 0x08;

    public const int F_DUPFD_CLOEXEC = 1030;
    public const int F_GETFD = 1;
    public const int F_GETFL = 3;
    public const int O_NONBLOCK = 0x800;

    public const int MSG_DONTWAIT = 0x40;
    public const int SOL_SOCKET = 1;
    public const int SO_TYPE = 3;
    public const int SO_ERROR = 4;
    public const int SOCK_STREAM = 1;
    public const int SOCK_SEQPACKET = 5;

    public const ushort POLLIN = 0x1;
    public const ushort POLLOUT = 0x4;
    public const ushort POLLRDHUP = 0x2000;

    /// <summary>Gets O_DIRECT, which differs between the processors.</summary>
    public static int O_DIRECT { get; } = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 0x10000 : 0x4000;

    /// <summary><c>struct iocb</c>, for little-endian machines.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct Iocb
    {
        public ulong Data;
        public uint Key;
        public int ReadWriteFlags;
        public ushort Opcode;
        public short Priority;
        public uint Descriptor;
        public ulong Buffer;
        public ulong Bytes;
        public long Offset;
        public ulong Reserved;
        public uint Flags;
        public uint EventDescriptor;
    }

    /// <summary><c>struct io_event</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct Event
    {
        public ulong Data;
        public ulong Iocb;
        public long Result;
        public long Result2;
    }

    /// <summary><c>struct aio_ring</c>, which the context handle points to; the events follow it.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct Ring
    {
        public uint Id;
        public uint Count;
        public uint Head;
        public uint Tail;
        public uint Magic;
        public uint CompatFeatures;
        public uint IncompatFeatures;
        public uint HeaderBytes;
    }

    /// <summary><c>struct iovec</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct Piece
    {
        public ulong Address;
        public ulong Length;
    }
}
