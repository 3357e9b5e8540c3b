namespace Dispatch;

/// <summary>What a user can do about an error: the limit, the setting or the argument behind it, with the exact words to type.</summary>
internal static class ErrorRemedy
{
    private const string Memlock =
        "Ring memory counts against RLIMIT_MEMLOCK: raise it with `ulimit -l`, `LimitMEMLOCK=` in a systemd unit, or `docker run --ulimit memlock=-1`; or use fewer loops or smaller rings. Memory of a ring closed just now may take a second to come back.";

    /// <summary>Finds a remedy.</summary>
    /// <param name="call">The name of the call that failed, as its man page has it.</param>
    /// <param name="errno">Its error number.</param>
    /// <returns>One or more sentences; null where there is nothing to say.</returns>
    public static string? For(string call, int errno) => errno switch
    {
        Errno.EMFILE => "Raise the limit of open files with `ulimit -n`, `LimitNOFILE=` in a systemd unit, or `docker run --ulimit nofile=N`; or close what is no longer used.",
        Errno.ENFILE => "Either the whole machine is at `sysctl fs.file-max`, or the ring's table of fixed files is full.",
        Errno.ENOSPC when call == "inotify_add_watch" => "Raise `sysctl fs.inotify.max_user_watches`.",
        Errno.ENOSPC => "Free space or inodes on the file system: `df -h` and `df -i` show what is left.",
        Errno.EDQUOT => "The user's or the project's quota on this file system is used up: `quota -s` shows it.",
        _ => call switch
        {
            "io_uring_register" => ForRingRegister(errno),
            "io_uring_enter" => ForRingEnter(errno),
            "io_setup" when errno == Errno.EAGAIN => "The machine's Linux AIO contexts are used up: raise `sysctl fs.aio-max-nr`.",
            "cancel" or "poll removal" or "timeout removal" => ForCancel(errno),
            _ when CallKind.IsReadOrWrite(call) || CallKind.IsReceive(call) || CallKind.IsSend(call) => ForTransfer(call, errno),
            _ => ForAddress(call, errno) ?? ForPath(call, errno),
        },
    };

    private static string? ForRingRegister(int errno) => errno switch
    {
        Errno.ENOMEM => Memlock,
        Errno.EINVAL => "This kernel does not know the registration, or refuses its argument.",
        Errno.EEXIST => "Only the thread that owns the ring may register with it, and it may do so only once for each table.",
        Errno.EBUSY => "It is registered already.",
        _ => null,
    };

    private static string? ForRingEnter(int errno) => errno switch
    {
        Errno.EAGAIN => "The kernel had no memory for another request: take completions, then submit again.",
        Errno.EBUSY => "Completions overflowed: take them, then submit again.",
        Errno.EEXIST => "Only the thread that owns the ring may enter it.",
        Errno.EBADFD => "The ring was set up disabled, and has to be enabled first.",
        Errno.EINTR => "Nothing was lost: enter again.",
        _ => null,
    };

    private static string? ForCancel(int errno) => errno switch
    {
        Errno.ENOENT => "No such request is in flight: it has ended, or was never sent.",
        Errno.EALREADY => "The request runs already, and cannot be stopped from outside; its own completion tells how it ended.",
        _ => null,
    };

    private static string? ForTransfer(string call, int errno) => errno switch
    {
        Errno.EINVAL when CallKind.IsReadOrWrite(call) =>
            "If the file is open with O_DIRECT, the memory's address, the offset and the length have to be multiples of the file system's alignment, often 512 or 4,096 bytes (statx tells it: STATX_DIOALIGN).",
        Errno.EOPNOTSUPP when CallKind.IsReadOrWrite(call) => "The file system does not know one of the flags of the call (RWF_NOWAIT, for one, on tmpfs and /proc).",
        Errno.ENOBUFS when CallKind.IsSend(call) || CallKind.IsWrite(call) =>
            "The kernel's queue to the network device is full: send again later.",
        Errno.ENOBUFS => "The pool of receive buffers is empty: give leases back sooner, or give the pool more buffers. The connection is unharmed.",
        Errno.EPIPE => "The other end is closed, or this one is shut down for sending.",
        Errno.EMSGSIZE => "The message is longer than the socket takes in one piece.",
        Errno.EBADF => "The handle is closed, or not open in this direction.",
        Errno.EINTR => "No byte was moved: call again.",
        Errno.EFBIG => "The file would outgrow the file system's largest size, or `ulimit -f`.",
        _ => null,
    };

    private static string? ForAddress(string call, int errno) => (call, errno) switch
    {
        ("bind" or "listen", Errno.EADDRINUSE) =>
            "Another socket has this address: `ss -lp` names its process; port 0 takes a free one. For a Unix-domain socket, the file of an earlier run still lies there: delete it.",
        ("bind", Errno.EACCES) =>
            "Ports below `sysctl net.ipv4.ip_unprivileged_port_start` (1024 by default) need the capability CAP_NET_BIND_SERVICE (`setcap cap_net_bind_service=+ep FILE`, `AmbientCapabilities=` in a systemd unit). A Unix-domain socket needs a folder in which this user may write.",
        ("bind", Errno.EADDRNOTAVAIL) => "No network interface of this machine has the address.",
        ("connect", Errno.EADDRNOTAVAIL or Errno.EADDRINUSE) =>
            "The ports for outgoing connections are used up: widen `sysctl net.ipv4.ip_local_port_range`, or keep connections open for longer.",
        ("connect", Errno.ECONNREFUSED) => "Nothing listens at this address.",
        ("connect", Errno.ENOENT) => "No Unix-domain socket lies at this path.",
        ("connect", Errno.EAGAIN) => "The listener's backlog is full.",
        _ => null,
    };

    private static string? ForPath(string call, int errno) => errno switch
    {
        Errno.EINVAL when call.StartsWith("open", StringComparison.Ordinal) => "The flags contradict each other, or the file system does not support one of them, such as O_DIRECT.",
        Errno.EXDEV when call.StartsWith("rename", StringComparison.Ordinal) || call.StartsWith("link", StringComparison.Ordinal) =>
            "Both paths have to be on one file system: copy, then delete.",
        Errno.EROFS => "The file system is mounted read-only.",
        Errno.EINTR when call.StartsWith("open", StringComparison.Ordinal) => "Nothing was done: call again.",
        _ => null,
    };
}
