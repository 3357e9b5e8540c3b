namespace Dispatch.Examples.SyscallTable.Probing;

/// <summary>Every operation of Linux 6.18, by its number.</summary>
internal static unsafe class OperationProbes
{
    private const int Here = -100; // AT_FDCWD
    private const int Page = 4096;

    public static IReadOnlyList<OperationProbe> All { get; } = [.. Files(), .. Paths(), .. Sockets(), .. Waits()];

    private static IEnumerable<OperationProbe> Files() =>
    [
        new(0, "NOP", "nothing", static (_, _) => { }),
        new(22, "READ", "4 KiB from the page cache", static (e, w) => Transfer(e, w.Descriptor, (long)w.Buffer)),
        new(1, "READV", "4 KiB from the page cache", static (e, w) => Vector(e, w)),
        new(4, "READ_FIXED", "4 KiB into a registered buffer", static (e, w) => Transfer(e, w.Descriptor, (long)w.Buffer)),
        new(60, "READV_FIXED", "4 KiB into a registered buffer", static (e, w) => Vector(e, w)),
        new(49, "READ_MULTISHOT", "takes provided buffers", null),
        new(23, "WRITE", "4 KiB, buffered", static (e, w) => Transfer(e, w.Descriptor, (long)w.Buffer)),
        new(2, "WRITEV", "4 KiB, buffered", static (e, w) => Vector(e, w)),
        new(5, "WRITE_FIXED", "4 KiB from a registered buffer", static (e, w) => Transfer(e, w.Descriptor, (long)w.Buffer)),
        new(61, "WRITEV_FIXED", "4 KiB from a registered buffer", static (e, w) => Vector(e, w)),
        new(3, "FSYNC", "a file", static (e, w) => e.Descriptor = w.Descriptor),
        new(8, "SYNC_FILE_RANGE", "a page", static (e, w) => Range(e, w, 0, 2)),
        new(17, "FALLOCATE", "a page", static (e, w) => (e.Descriptor, e.Address) = (w.Descriptor, Page)),
        new(55, "FTRUNCATE", "to its length", static (e, w) => (e.Descriptor, e.Offset) = (w.Descriptor, 1 << 20)),
        new(24, "FADVISE", "POSIX_FADV_WILLNEED", static (e, w) => Range(e, w, 0, 3)),
        new(25, "MADVISE", "MADV_NORMAL", static (e, w) => (e.Address, e.Length) = ((long)w.Buffer, Page)),
        new(30, "SPLICE", "from a full pipe to another", static (e, w) => Splice(e, w, noOffset: -1)),
        new(33, "TEE", "from a full pipe to another", static (e, w) => Splice(e, w, noOffset: 0)),
        new(19, "CLOSE", "a duplicate of a file", static (e, w) => e.Descriptor = Native.Duplicate(w.Descriptor)),
        new(62, "PIPE", "a pipe", static (e, w) => e.Address = (long)w.Scratch),
        new(20, "FILES_UPDATE", "takes a table of files", null),
        new(54, "FIXED_FD_INSTALL", "takes a table of files", null),
        new(31, "PROVIDE_BUFFERS", "one buffer", static (e, w) => (e.Descriptor, e.Address, e.Length, e.Buffer) = (1, (long)w.Buffer, Page, 7)),
        new(32, "REMOVE_BUFFERS", "of a group that has none", static (e, w) => (e.Descriptor, e.Buffer) = (1, 7)),
    ];

    private static IEnumerable<OperationProbe> Paths() =>
    [
        new(18, "OPENAT", "a cached file", static (e, w) => (e.Descriptor, e.Address, e.Flags) = (Here, w.PathOf("file"), 0)),
        new(28, "OPENAT2", "a cached file", static (e, w) => (e.Descriptor, e.Address, e.Offset, e.Length) = (Here, w.PathOf("file"), (long)(w.Scratch + 2048), 24)),
        new(21, "STATX", "a cached file", static (e, w) => (e.Descriptor, e.Address, e.Offset, e.Length) = (Here, w.PathOf("file"), (long)w.Scratch, 0x7ff)),
        new(35, "RENAMEAT", "a file", static (e, w) => (e.Descriptor, e.Address, e.Offset, e.Length) = (Here, w.FileOf("old"), w.PathOf("new"), unchecked((uint)Here))),
        new(36, "UNLINKAT", "a file", static (e, w) => (e.Descriptor, e.Address) = (Here, w.FileOf("gone"))),
        new(37, "MKDIRAT", "a directory", static (e, w) => (e.Descriptor, e.Address, e.Length) = (Here, w.PathOf("made"), 0x1c0)),
        new(38, "SYMLINKAT", "a symbolic link", static (e, w) => (e.Descriptor, e.Address, e.Offset) = (Here, w.Text("file"), w.PathOf("symbolic"))),
        new(39, "LINKAT", "a link", static (e, w) => (e.Descriptor, e.Address, e.Offset, e.Length) = (Here, w.PathOf("file"), w.PathOf("link"), unchecked((uint)Here))),
        new(42, "SETXATTR", "user.probe", static (e, w) => Attribute(e, w, -1, w.PathOf("file"))),
        new(44, "GETXATTR", "user.probe", static (e, w) => Attribute(e, w, -1, w.PathOf("file"))),
        new(41, "FSETXATTR", "user.probe", static (e, w) => Attribute(e, w, w.Descriptor, 0)),
        new(43, "FGETXATTR", "user.probe", static (e, w) => Attribute(e, w, w.Descriptor, 0)),
    ];

    private static IEnumerable<OperationProbe> Sockets() =>
    [
        new(45, "SOCKET", "a TCP socket", static (e, _) => (e.Descriptor, e.Offset) = (2, 1)),
        new(56, "BIND", "to a free port", static (e, w) => (e.Descriptor, e.Address, e.Offset) = (w.NewSocket(), w.Address(ofListener: false), 16)),
        new(57, "LISTEN", "a TCP socket", static (e, w) => (e.Descriptor, e.Length) = (w.NewSocket(), 1)),
        new(13, "ACCEPT", "before a peer connects", static (e, w) => e.Descriptor = w.Listener, static w => w.Connect()),
        new(16, "CONNECT", "over loopback", static (e, w) => (e.Descriptor, e.Address, e.Offset) = (w.NewSocket(), w.Address(ofListener: true), 16)),
        new(26, "SEND", "4 KiB, with room for it", static (e, w) => (e.Descriptor, e.Address, e.Length) = (w.SocketPair(), (long)w.Buffer, Page)),
        new(27, "RECV", "before a peer sends", static (e, w) => (e.Descriptor, e.Address, e.Length) = (w.SocketPair(), (long)w.Buffer, Page), static w => Native.Write(w.Peer, w.Buffer, 1)),
        new(9, "SENDMSG", "4 KiB, with room for it", static (e, w) => (e.Descriptor, e.Address, e.Length) = (w.SocketPair(), w.Message(Page), 1)),
        new(10, "RECVMSG", "before a peer sends", static (e, w) => (e.Descriptor, e.Address, e.Length) = (w.SocketPair(), w.Message(Page), 1), static w => Native.Write(w.Peer, w.Buffer, 1)),
        new(47, "SEND_ZC", "4 KiB over loopback", static (e, w) => (e.Descriptor, e.Address, e.Length) = (w.Connection(), (long)w.Buffer, Page)),
        new(48, "SENDMSG_ZC", "4 KiB over loopback", static (e, w) => (e.Descriptor, e.Address, e.Length) = (w.Connection(), w.Message(Page), 1)),
        new(58, "RECV_ZC", "takes a network card", null),
        new(34, "SHUTDOWN", "a connected socket", static (e, w) => (e.Descriptor, e.Length) = (w.SocketPair(), 2)),
        new(46, "URING_CMD", "takes a driver", null),
    ];

    private static IEnumerable<OperationProbe> Waits() =>
    [
        new(6, "POLL_ADD", "an empty pipe, before it is written to", static (e, w) => (e.Descriptor, e.Flags) = (w.PipeReader(0), 1), static w => Native.Write(w.Peer, w.Buffer, 1)),
        new(7, "POLL_REMOVE", "of a request that is not there", static (e, _) => e.Address = 99),
        new(29, "EPOLL_CTL", "adding a pipe", static (e, w) => Epoll(e, w)),
        new(59, "EPOLL_WAIT", "for what does not come", static (e, w) => (e.Descriptor, e.Address, e.Length) = (Native.CreateEpoll(), (long)w.Scratch, 1)),
        new(11, "TIMEOUT", "a millisecond", static (e, w) => Timeout(e, w)),
        new(12, "TIMEOUT_REMOVE", "of a request that is not there", static (e, _) => e.Address = 99),
        new(15, "LINK_TIMEOUT", "takes a request to be linked to", null),
        new(14, "ASYNC_CANCEL", "of a request that is not there", static (e, _) => e.Address = 99),
        new(40, "MSG_RING", "takes another ring", null),
        new(50, "WAITID", "with no child", static (e, w) => (e.Length, e.Offset, e.Second) = (0, (long)w.Scratch, 4)),
        new(51, "FUTEX_WAIT", "before it is woken", static (e, w) => Futex(e, w, 0), static w => Native.WakeFutex((int*)(w.Scratch + 3072))),
        new(52, "FUTEX_WAKE", "with nobody waiting", static (e, w) => Futex(e, w, 1)),
        new(53, "FUTEX_WAITV", "before it is woken", static (e, w) => FutexVector(e, w), static w => Native.WakeFutex((int*)(w.Scratch + 3072))),
    ];

    private static void Transfer(ProbeEntry entry, int descriptor, long address) => (entry.Descriptor, entry.Address, entry.Length) = (descriptor, address, Page);

    private static void Vector(ProbeEntry entry, ProbeWorld world) => (entry.Descriptor, entry.Address, entry.Length) = (world.Descriptor, world.Vector(Page), 1);

    private static void Range(ProbeEntry entry, ProbeWorld world, long offset, uint flags) => (entry.Descriptor, entry.Offset, entry.Length, entry.Flags) = (world.Descriptor, offset, Page, flags);

    private static void Splice(ProbeEntry entry, ProbeWorld world, long noOffset)
    {
        int input = world.PipeReader(Page);
        world.PipeReader(0);
        (entry.Descriptor, entry.Second, entry.Offset, entry.Address, entry.Length) = (world.Peer, input, noOffset, noOffset, 16);
    }

    private static void Attribute(ProbeEntry entry, ProbeWorld world, int descriptor, long path) =>
        (entry.Descriptor, entry.Address, entry.Offset, entry.Length, entry.Address3) = (descriptor, world.Text("user.probe"), (long)world.Buffer, 16, path);

    private static void Epoll(ProbeEntry entry, ProbeWorld world) =>
        (entry.Descriptor, entry.Length, entry.Offset, entry.Address) = (Native.CreateEpoll(), 1, world.PipeReader(0), (long)(world.Scratch + 2048));

    private static void Timeout(ProbeEntry entry, ProbeWorld world)
    {
        ((long*)(world.Scratch + 256))[0] = 0;
        ((long*)(world.Scratch + 256))[1] = 1_000_000;
        (entry.Descriptor, entry.Address, entry.Length) = (-1, (long)(world.Scratch + 256), 1);
    }

    private static void Futex(ProbeEntry entry, ProbeWorld world, long value)
    {
        const int PrivateOf32Bits = 130; // FUTEX2_PRIVATE | FUTEX2_SIZE_U32
        (entry.Descriptor, entry.Address, entry.Offset, entry.Address3) = (PrivateOf32Bits, (long)(world.Scratch + 3072), value, uint.MaxValue);
    }

    private static void FutexVector(ProbeEntry entry, ProbeWorld world)
    {
        long* record = (long*)(world.Scratch + 3584); // struct futex_waitv
        record[0] = 0;
        record[1] = (long)(world.Scratch + 3072);
        record[2] = 130;
        (entry.Address, entry.Length) = ((long)record, 1);
    }
}
