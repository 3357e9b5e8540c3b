namespace Dispatch;

/// <summary>Which kernel interface completes the requests of a loop.</summary>
public enum KernelKind
{
    /// <summary>The best one that the system allows.</summary>
    Auto,

    /// <summary>io_uring: see <c>io_uring(7)</c>. Linux 6.0 or newer.</summary>
    IoUring,
}
