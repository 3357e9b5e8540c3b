namespace Dispatch;

/// <summary>What <see cref="IoRequest.Syscall(long, nint, nint, nint, nint, nint, nint)"/> does with a system call.</summary>
public enum SystemCallClass
{
    /// <summary>A worker thread of the loop makes it.</summary>
    Worker,

    /// <summary>The ring makes it, where its kernel has the operation and the arguments fit; else a worker.</summary>
    Ring,

    /// <summary>It is refused with a reason; <see cref="IoRequest.SyscallAllowUnsafe"/> makes it all the same.</summary>
    Refused,
}
