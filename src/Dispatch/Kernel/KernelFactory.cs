namespace Dispatch;

/// <summary>Chooses and creates the ring of a loop, on the thread that will own it.</summary>
internal static class KernelFactory
{
    /// <summary>Creates a ring, or throws <see cref="KernelUnavailableException"/> with the reason and the remedy.</summary>
    public static KernelRing Create(EventLoopOptions options)
    {
        if (options.KernelRingFactory is { } factory)
        {
            return factory();
        }

        if (!OperatingSystem.IsLinux())
        {
            throw KernelUnavailableException.NotLinux();
        }

        return options.Kernel switch
        {
            KernelKind.IoUring => IoUringRing.Create(options),
            KernelKind.LinuxAio => LinuxAioSetup.Create(options),
            _ => CreateBest(options),
        };
    }

    private static KernelRing CreateBest(EventLoopOptions options)
    {
        try
        {
            return IoUringRing.Create(options);
        }
        catch (KernelUnavailableException refusal) when (IsRefusal(refusal.Reason))
        {
            try
            {
                return LinuxAioSetup.Create(options, refusal.Cause);
            }
            catch (KernelUnavailableException second)
            {
                throw KernelUnavailableException.Both(refusal, second);
            }
        }
    }

    /// <summary>ENOSYS, EPERM, EACCES, EINVAL: the system will not have it, now or later. A limit that is reached is no reason to run on something else without a word.</summary>
    private static bool IsRefusal(KernelUnavailableReason reason) =>
        reason is KernelUnavailableReason.NotImplemented or KernelUnavailableReason.Forbidden or KernelUnavailableReason.TooOld;
}
