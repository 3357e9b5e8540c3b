using System.Runtime.InteropServices;

namespace Dispatch;

/// <summary>The constants and records of processes as descriptors: <c>pidfd_open(2)</c>, <c>waitid(2)</c>, <c>linux/pidfd.h</c>.</summary>
internal static class ProcessAbi
{
    public const int P_PIDFD = 3;

    public const int WNOHANG = 1;
    public const int WEXITED = 4;
    public const int WNOWAIT = 0x01000000;

    public const int CLD_EXITED = 1;
    public const int CLD_KILLED = 2;
    public const int CLD_DUMPED = 3;

    public const ulong PIDFD_GET_INFO = 0xC040FF0B;
    public const ulong PIDFD_INFO_EXIT = 1ul << 3;

    /// <summary>The kernel's <c>siginfo_t</c> as <c>waitid(2)</c> fills it, on 64-bit systems.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 128)]
    internal struct SignalInfo
    {
        [FieldOffset(0)]
        public int Signal;

        [FieldOffset(8)]
        public int Code;

        [FieldOffset(16)]
        public int ProcessId;

        [FieldOffset(24)]
        public int Status;
    }

    /// <summary>The first version of the kernel's <c>struct pidfd_info</c>, 64 bytes; the number of PIDFD_GET_INFO carries its size.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 64)]
    internal struct PidfdInfo
    {
        [FieldOffset(0)]
        public ulong Mask;

        [FieldOffset(60)]
        public int ExitCode;
    }
}
