using System.Runtime.InteropServices;

namespace Dispatch;

/// <summary>The C library's entry points that Tmds.LibC lacks. Each sets the last P/Invoke error; read it straight after the call.</summary>
internal static unsafe partial class Libc
{
    public const long SYS_io_uring_enter = 426;

    public const int RLIMIT_MEMLOCK = 8;

    public const uint AT_SYMLINK_NOFOLLOW = 0x100;
    public const uint AT_REMOVEDIR = 0x200;
    public const uint AT_SYMLINK_FOLLOW = 0x400;
    public const uint AT_EMPTY_PATH = 0x1000;

    /// <summary>How many pieces a vectored call takes at most.</summary>
    public const int IOV_MAX = 1024;

    /// <summary>
    /// <c>io_uring_enter2</c>: Tmds.LibC's <c>io_uring_enter</c> cannot pass an extended argument. The GC transition stays: the call may
    /// sleep, and a thread that sleeps without it would hold up every collection in the process.
    /// </summary>
    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    public static partial long IoUringEnter(long number, long fd, long toSubmit, long minComplete, long flags, void* argument, long argumentSize);

    [LibraryImport("libc", EntryPoint = "clock_gettime", SetLastError = true)]
    public static partial int ClockGetTime(int clock, IoUringRecords.KernelTimespec* time);

    [LibraryImport("libc", EntryPoint = "getrlimit", SetLastError = true)]
    public static partial int GetResourceLimit(int resource, ResourceLimit* limit);

    /// <summary><c>struct msghdr</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct MessageHeader
    {
        public ulong Name;
        public uint NameLength;
        public uint Reserved;
        public ulong Vector;
        public ulong VectorLength;
        public ulong Control;
        public ulong ControlLength;
        public uint Flags;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct ResourceLimit
    {
        public ulong Soft;
        public ulong Hard;
    }
}
