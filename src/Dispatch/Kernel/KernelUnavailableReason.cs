namespace Dispatch;

/// <summary>Why no completion ring could be had.</summary>
public enum KernelUnavailableReason
{
    /// <summary>The operating system is not Linux.</summary>
    NotLinux,

    /// <summary>The kernel does not have the call (ENOSYS): it is too old, was built without io_uring, or is hidden by a sandbox.</summary>
    NotImplemented,

    /// <summary>The call is forbidden (EPERM): a container's seccomp profile or the sysctl <c>kernel.io_uring_disabled</c>.</summary>
    Forbidden,

    /// <summary>The kernel has io_uring but lacks something Dispatch needs (EINVAL on every set of flags, or a missing feature).</summary>
    TooOld,

    /// <summary>The limit on locked memory does not hold a ring (ENOMEM).</summary>
    LockedMemoryLimit,

    /// <summary>The limit on open descriptors is reached (EMFILE, ENFILE).</summary>
    DescriptorLimit,

    /// <summary>Anything else; the message carries the errno.</summary>
    Other,

    /// <summary>The machine's limit on Linux AIO requests, <c>fs.aio-max-nr</c>, is used up (EAGAIN).</summary>
    AioLimit,
}
