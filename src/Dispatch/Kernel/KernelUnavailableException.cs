namespace Dispatch;

/// <summary>
/// No completion ring could be set up. <see cref="Exception.Message"/> names the reason; <see cref="Remedy"/> is what to do about it, in one line.
/// </summary>
public sealed class KernelUnavailableException : NotSupportedException
{
    /// <summary>RLIM_INFINITY: locked memory is not limited, so the limit is not to blame.</summary>
    internal const ulong NoLimit = ulong.MaxValue;

    /// <summary>Initializes a new instance of the <see cref="KernelUnavailableException"/> class.</summary>
    /// <param name="reason">Why.</param>
    /// <param name="message">The reason in words, with call and errno.</param>
    /// <param name="remedy">One line that says what to do.</param>
    public KernelUnavailableException(KernelUnavailableReason reason, string message, string remedy)
        : base(message + " " + remedy)
    {
        Reason = reason;
        Cause = message;
        Remedy = remedy;
    }

    /// <summary>Gets why.</summary>
    public KernelUnavailableReason Reason { get; }

    /// <summary>Gets the reason in words, with call and errno, in one line and without the remedy.</summary>
    public string Cause { get; }

    /// <summary>Gets what to do about it, in one line.</summary>
    public string Remedy { get; }

    internal static KernelUnavailableException NotLinux() => new(
        KernelUnavailableReason.NotLinux,
        $"Dispatch needs Linux; this is {Environment.OSVersion}.",
        "Run it on Linux 6.0 or newer (WSL 2 and containers will do).");

    internal static KernelUnavailableException FromErrno(string call, int errno, ulong lockedMemoryLimit) => errno switch
    {
        Errno.ENOSYS => new(
            KernelUnavailableReason.NotImplemented,
            $"{call} failed with ENOSYS: this kernel has no io_uring, or a sandbox hides it.",
            "Use Linux 6.0 or newer, built with CONFIG_IO_URING=y; in a container, a seccomp profile that allows io_uring_setup, io_uring_enter and io_uring_register."),
        Errno.EPERM or Errno.EACCES => Forbidden(call, errno, ReadSystem("kernel/io_uring_disabled")),
        Errno.EINVAL => new(
            KernelUnavailableReason.TooOld,
            $"{call} failed with EINVAL for every set of flags: this kernel's io_uring is too old.",
            "Use Linux 6.0 or newer."),
        Errno.ENOMEM when lockedMemoryLimit == NoLimit => new(
            KernelUnavailableReason.Other,
            $"{call} failed with ENOMEM: the kernel has no memory left for it.",
            "Look at the memory limit of the container or service; or use smaller rings (EventLoopOptions.SubmissionEntries) or fewer loops."),
        Errno.ENOMEM => new(
            KernelUnavailableReason.LockedMemoryLimit,
            $"{call} failed with ENOMEM: the ring does not fit into the locked-memory limit (RLIMIT_MEMLOCK is {lockedMemoryLimit / 1024} KiB).",
            "Raise it: `ulimit -l unlimited` in the shell, LimitMEMLOCK=infinity in a systemd unit, `--ulimit memlock=-1` for a container; or use smaller rings (EventLoopOptions.SubmissionEntries) or fewer loops."),
        Errno.EMFILE or Errno.ENFILE => new(
            KernelUnavailableReason.DescriptorLimit,
            $"{call} failed with {Errno.Name(errno)}: no descriptor is left for it.",
            "Raise the limit: `ulimit -n 65536` in the shell, LimitNOFILE= in a systemd unit, `--ulimit nofile=65536` for a container."),
        _ => new(
            KernelUnavailableReason.Other,
            $"{call} failed with {Errno.Name(errno)}.",
            "See io_uring_setup(2)."),
    };

    /// <summary>Why a Linux AIO context could not be had.</summary>
    internal static KernelUnavailableException FromAioErrno(int errno) => errno switch
    {
        Errno.EAGAIN => new(
            KernelUnavailableReason.AioLimit,
            $"io_setup failed with EAGAIN: all of the machine's Linux AIO requests are in use (fs.aio-nr is {ReadSystem("fs/aio-nr") ?? "unknown"}, fs.aio-max-nr is {ReadSystem("fs/aio-max-nr") ?? "unknown"}).",
            "As root: `sysctl -w fs.aio-max-nr=1048576`; or use fewer loops."),
        Errno.ENOSYS => new(
            KernelUnavailableReason.NotImplemented,
            "io_setup failed with ENOSYS: this kernel has no Linux AIO, or a sandbox hides it.",
            "Use a kernel built with CONFIG_AIO=y; in a container, a seccomp profile that allows io_setup, io_submit, io_getevents, io_cancel and io_destroy."),
        Errno.EPERM or Errno.EACCES => new(
            KernelUnavailableReason.Forbidden,
            $"io_setup failed with {Errno.Name(errno)}: Linux AIO is forbidden here.",
            "Run the container with a profile that allows io_setup, io_submit, io_getevents, io_cancel and io_destroy, for example `docker run --security-opt seccomp=unconfined`."),
        _ => new(
            KernelUnavailableReason.Other,
            $"io_setup failed with {Errno.Name(errno)}.",
            "See io_setup(2)."),
    };

    /// <summary>Neither io_uring nor its substitute can be had. The reason is that of the first, the better one to have.</summary>
    internal static KernelUnavailableException Both(KernelUnavailableException first, KernelUnavailableException second) => new(
        first.Reason,
        $"{first.Cause} Nor can Linux AIO take its place: {second.Cause}",
        $"{first.Remedy} Or, for Linux AIO: {second.Remedy}");

    internal static KernelUnavailableException Forbidden(string call, int errno, string? sysctl)
    {
        (string cause, string remedy) = sysctl switch
        {
            "2" => ("kernel.io_uring_disabled is 2", "As root: `sysctl -w kernel.io_uring_disabled=0`."),
            "1" => ("kernel.io_uring_disabled is 1", "As root: `sysctl -w kernel.io_uring_disabled=0`, or put the number of one of the user's groups into kernel.io_uring_group."),
            _ => (
                errno == Errno.EACCES ? "a security module refuses it" : "a seccomp profile refuses it",
                "Run the container with a profile that allows io_uring_setup, io_uring_enter and io_uring_register, for example `docker run --security-opt seccomp=unconfined`."),
        };
        return new(KernelUnavailableReason.Forbidden, $"{call} failed with {Errno.Name(errno)}: io_uring is forbidden here ({cause}).", remedy);
    }

    private static string? ReadSystem(string name)
    {
        try
        {
            return File.ReadAllText("/proc/sys/" + name).Trim();
        }
        catch (IOException)
        {
            return null; // Kernels before 6.6 have no such switch for io_uring.
        }
        catch (UnauthorizedAccessException)
        {
            return null; // A hardened /proc hides it; the message then names the other cause.
        }
    }
}
