using System.Runtime.InteropServices;

namespace Dispatch;

/// <summary>
/// System calls by their numbers, as <c>syscall(2)</c> makes them: one way for all, also for those that no C library wraps. The result is the kernel's own: negative is an errno. Any thread. The GC transition stays,
/// because most of these may sleep.
/// </summary>
internal static unsafe partial class SystemCall
{
    public static readonly long IoSetup = Number(206, 0);
    public static readonly long IoDestroy = Number(207, 1);
    public static readonly long IoGetEvents = Number(208, 4);
    public static readonly long IoSubmit = Number(209, 2);
    public static readonly long IoCancel = Number(210, 3);
    public static readonly long ReadPlain = Number(0, 63);
    public static readonly long WritePlain = Number(1, 64);
    public static readonly long CloseDescriptor = Number(3, 57);
    public static readonly long ReadVector = Number(327, 286); // preadv2
    public static readonly long WriteVector = Number(328, 287); // pwritev2
    public static readonly long Control = Number(72, 25); // fcntl
    public static readonly long Sync = Number(74, 82);
    public static readonly long SyncData = Number(75, 83);
    public static readonly long SyncRange = Number(277, 84);
    public static readonly long Truncate = Number(77, 46);
    public static readonly long Allocate = Number(285, 47);
    public static readonly long Advise = Number(221, 223);
    public static readonly long AdviseMemory = Number(28, 233);
    public static readonly long Open = Number(257, 56);
    public static readonly long OpenHow = Number(437, 437); // openat2
    public static readonly long Status = Number(332, 291); // statx
    public static readonly long Unlink = Number(263, 35);
    public static readonly long Rename = Number(316, 276); // renameat2
    public static readonly long MakeDirectory = Number(258, 34);
    public static readonly long MakeSymbolicLink = Number(266, 36);
    public static readonly long MakeLink = Number(265, 37);
    public static readonly long MakePipe = Number(293, 59);
    public static readonly long MakeSocket = Number(41, 198);
    public static readonly long Bind = Number(49, 200);
    public static readonly long Listen = Number(50, 201);
    public static readonly long Accept = Number(288, 242); // accept4
    public static readonly long Connect = Number(42, 203);
    public static readonly long Send = Number(44, 206); // sendto
    public static readonly long Receive = Number(45, 207); // recvfrom
    public static readonly long SendFile = Number(40, 71);
    public static readonly long SendMessage = Number(46, 211);
    public static readonly long ReceiveMessage = Number(47, 212);
    public static readonly long Shutdown = Number(48, 210);
    public static readonly long SocketOption = Number(55, 209); // getsockopt
    public static readonly long SetSocketOption = Number(54, 208); // setsockopt
    public static readonly long DeviceControl = Number(16, 29); // ioctl
    public static readonly long Splice = Number(275, 76);
    public static readonly long Tee = Number(276, 77);
    public static readonly long WaitChild = Number(247, 95); // waitid
    public static readonly long SetAttribute = Number(188, 5); // setxattr
    public static readonly long SetFileAttribute = Number(190, 7); // fsetxattr
    public static readonly long GetAttribute = Number(191, 8); // getxattr
    public static readonly long GetFileAttribute = Number(193, 10); // fgetxattr
    public static readonly long EpollCreate = Number(291, 20);
    public static readonly long EpollControl = Number(233, 21);
    public static readonly long EpollWait = Number(281, 22); // epoll_pwait
    public static readonly long Futex = Number(202, 98);
    public static readonly long EventDescriptor = Number(290, 19); // eventfd2
    public static readonly long TimerCreate = Number(283, 85);
    public static readonly long TimerSet = Number(286, 86);
    public static readonly long InotifyCreate = Number(294, 26); // inotify_init1
    public static readonly long InotifyAdd = Number(254, 27);
    public static readonly long InotifyRemove = Number(255, 28);
    public static readonly long ProcessOpen = Number(434, 434); // pidfd_open
    public static readonly long ProcessSignal = Number(424, 424); // pidfd_send_signal
    public static readonly long ProcessWait = Number(247, 95); // waitid
    public static readonly long ThreadNumber = Number(186, 178); // gettid
    public static readonly long SignalThread = Number(234, 131); // tgkill
    public static readonly long GetGroups = Number(115, 158);
    public static readonly long SetGroups = Number(116, 159);
    public static readonly long SetFileUser = Number(122, 151); // setfsuid
    public static readonly long SetFileGroup = Number(123, 152); // setfsgid

    public static readonly long GetEntries = Number(217, 61); // getdents64
    public static readonly long LockFile = Number(73, 32); // flock
    public static readonly long CopyRange = Number(326, 285); // copy_file_range
    public static readonly long GetRandom = Number(318, 278);
    public static readonly long SyncAll = Number(162, 81); // sync
    public static readonly long SyncFileSystem = Number(306, 267); // syncfs
    public static readonly long Readahead = Number(187, 213);
    public static readonly long CreateMemoryFile = Number(319, 279); // memfd_create
    public static readonly long ReadProcess = Number(310, 270); // process_vm_readv

    /// <summary>Makes a call. Returns the kernel's answer; negative is an errno.</summary>
    public static long Run(long number, long a = 0, long b = 0, long c = 0, long d = 0, long e = 0, long f = 0)
    {
        long result = Invoke(number, a, b, c, d, e, f);
        return result >= 0 ? result : -Marshal.GetLastPInvokeError();
    }

    private static long Number(long x64, long arm64) => RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? arm64 : x64;

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial long Invoke(long number, long a, long b, long c, long d, long e, long f);
}
