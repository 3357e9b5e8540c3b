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

        return IoUringRing.Create(options);
    }
}
