namespace Dispatch;

/// <summary>Sorts calls by what they are called on. The same errno means different things to different kinds.</summary>
/// <remarks>Calls are named as their man pages have them; the ring's own operations, which have none, in words.</remarks>
internal static class CallKind
{
    /// <summary>Says whether a call sets up, registers with or enters a ring, of io_uring or of Linux AIO.</summary>
    public static bool IsRing(string call) => call.StartsWith("io_", StringComparison.Ordinal);

    /// <summary>Says whether a call looks up a path.</summary>
    public static bool IsPath(string call) => IsFolder(call) || call is
        "open" or "openat" or "openat2" or "stat" or "statx" or "truncate" or "unlink" or "unlinkat" or "rename" or "renameat" or "renameat2"
        or "link" or "linkat" or "symlink" or "symlinkat" or "readlink" or "readlinkat" or "getxattr" or "setxattr" or "execve";

    /// <summary>Says whether a call looks up a folder, or one that is to be its parent.</summary>
    public static bool IsFolder(string call) => call is "mkdir" or "mkdirat" or "rmdir" or "chdir";

    /// <summary>Says whether a call moves bytes between memory and a descriptor, which may be a socket's.</summary>
    public static bool IsReadOrWrite(string call) => call is
        "read" or "readv" or "pread" or "pread64" or "preadv" or "preadv2"
        || IsWrite(call);

    /// <summary>Says whether a call moves bytes out of memory into a descriptor.</summary>
    public static bool IsWrite(string call) => call is
        "write" or "writev" or "pwrite" or "pwrite64" or "pwritev" or "pwritev2";

    /// <summary>Says whether a call takes bytes from a socket.</summary>
    public static bool IsReceive(string call) => call.StartsWith("recv", StringComparison.Ordinal);

    /// <summary>Says whether a call gives bytes to a socket.</summary>
    public static bool IsSend(string call) => call.StartsWith("send", StringComparison.Ordinal);
}
