namespace Dispatch.AspNetCore;

/// <summary>Which kernel interface a dispatcher has, and why, in a sentence.</summary>
internal static class KernelChoice
{
    public static string Explain(Dispatcher dispatcher)
    {
        StartupReport report = dispatcher.Loops[0].Report;
        string refused = string.Join("; ", report.RefusedFlags);
        return report.Kernel switch
        {
            KernelKind.LinuxAio when refused.Length != 0 => $"Linux AIO, because io_uring was refused: {refused}",
            KernelKind.LinuxAio => "Linux AIO, as the options ask",
            KernelKind.IoUring when refused.Length != 0 => $"io_uring, without what this kernel refused: {refused}",
            KernelKind.IoUring => "io_uring, with everything that was asked for",
            _ => report.Kernel.ToString(),
        };
    }
}
