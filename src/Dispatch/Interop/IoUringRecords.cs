using System.Runtime.InteropServices;

namespace Dispatch;

/// <summary>The records that <c>io_uring_enter</c> and <c>io_uring_register</c> read, grouped because none has meaning alone.</summary>
internal static class IoUringRecords
{
    /// <summary><c>struct io_uring_params</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct Params
    {
        public uint SqEntries;
        public uint CqEntries;
        public uint Flags;
        public uint SqThreadCpu;
        public uint SqThreadIdle;
        public uint Features;
        public uint WqFd;
        public uint Reserved0;
        public uint Reserved1;
        public uint Reserved2;
        public SqOffsets SqOff;
        public CqOffsets CqOff;
    }

    /// <summary><c>struct io_sqring_offsets</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct SqOffsets
    {
        public uint Head;
        public uint Tail;
        public uint RingMask;
        public uint RingEntries;
        public uint Flags;
        public uint Dropped;
        public uint Array;
        public uint Reserved;
        public ulong UserAddress;
    }

    /// <summary><c>struct io_cqring_offsets</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct CqOffsets
    {
        public uint Head;
        public uint Tail;
        public uint RingMask;
        public uint RingEntries;
        public uint Overflow;
        public uint Cqes;
        public uint Flags;
        public uint Reserved;
        public ulong UserAddress;
    }

    /// <summary><c>struct io_uring_getevents_arg</c>: the wait's time limit.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct GetEventsArgument
    {
        public ulong SigMask;
        public uint SigMaskSize;
        public uint MinWaitMicroseconds;
        public ulong Timespec;
    }

    /// <summary><c>struct __kernel_timespec</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct KernelTimespec
    {
        public long Seconds;
        public long Nanoseconds;
    }

    /// <summary><c>struct io_uring_rsrc_update</c>, with which a ring registers its own descriptor.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct ResourceUpdate
    {
        public uint Offset;
        public uint Reserved;
        public ulong Data;
    }

    /// <summary><c>struct io_uring_buf_reg</c>: registers a ring of provided buffers.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct BufferRingRegistration
    {
        public ulong RingAddress;
        public uint RingEntries;
        public ushort GroupId;
        public ushort Flags;
        public ulong Reserved0;
        public ulong Reserved1;
        public ulong Reserved2;
    }

    /// <summary><c>struct io_uring_buf</c>: one provided buffer; the ring's tail overlays <see cref="Tail"/> of the first one.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct ProvidedBuffer
    {
        public ulong Address;
        public uint Length;
        public ushort Id;
        public ushort Tail;
    }

    /// <summary><c>struct io_uring_recvmsg_out</c>: what a multishot receive of messages writes before each one.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct ReceivedMessageHeader
    {
        public uint NameLength;
        public uint ControlLength;
        public uint PayloadLength;
        public uint Flags;
    }

    /// <summary><c>struct futex_waitv</c>: one of several words that are waited on.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct FutexWaiter
    {
        public ulong Value;
        public ulong Address;
        public uint Flags;
        public uint Reserved;
    }

    /// <summary><c>struct open_how</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct OpenHow
    {
        public ulong Flags;
        public ulong Mode;
        public ulong Resolve;
    }

    /// <summary><c>struct io_uring_probe_op</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct ProbeOperation
    {
        public byte Opcode;
        public byte Reserved0;
        public ushort Flags;
        public uint Reserved1;
    }
}
