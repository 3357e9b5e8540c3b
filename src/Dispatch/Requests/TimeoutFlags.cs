namespace Dispatch;

/// <summary>Options of a kernel timeout: the IORING_TIMEOUT_* flags of <c>io_uring_prep_timeout(3)</c>.</summary>
[Flags]
public enum TimeoutFlags
{
    /// <summary>Relative, on the monotonic clock.</summary>
    None = 0,

    /// <summary>The time is a point on the clock, not a span (IORING_TIMEOUT_ABS).</summary>
    Absolute = 1 << 0,

    /// <summary>On the clock that goes on while the machine sleeps (IORING_TIMEOUT_BOOTTIME; Linux 5.15).</summary>
    BootTime = 1 << 2,

    /// <summary>On the wall clock (IORING_TIMEOUT_REALTIME; Linux 5.15).</summary>
    RealTime = 1 << 3,

    /// <summary>Again and again, until cancelled (IORING_TIMEOUT_MULTISHOT; Linux 6.4).</summary>
    Multishot = 1 << 6,
}
