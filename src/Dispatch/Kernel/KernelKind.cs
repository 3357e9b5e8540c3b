namespace Dispatch;

/// <summary>Which kernel interface completes the requests of a loop.</summary>
public enum KernelKind
{
    /// <summary>io_uring; Linux AIO where the system refuses io_uring (ENOSYS, EPERM, EINVAL). <see cref="EventLoop.Report"/> says which, and why.</summary>
    Auto,

    /// <summary>io_uring: see <c>io_uring(7)</c>. Linux 6.0 or newer.</summary>
    IoUring,

    /// <summary>
    /// Linux AIO: see <c>io_submit(2)</c>. Linux 4.18 or newer. The same requests with the same meaning: direct file I/O and readiness in the kernel, everything else on worker threads, so that it is slower where workers are
    /// needed. A chain's file, registered buffers and registered credentials are Dispatch's own there; direct descriptors that you manage yourself (<see cref="DirectSlot"/>) and buffers provided by request it does not have.
    /// </summary>
    LinuxAio,
}
