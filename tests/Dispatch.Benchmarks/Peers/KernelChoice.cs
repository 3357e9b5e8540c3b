namespace Dispatch.Benchmarks;

/// <summary>The kernel interface that Dispatch is measured on: set once from the command line, and handed on to the children.</summary>
internal static class KernelChoice
{
    public static KernelKind Kind { get; set; } = KernelKind.Auto;

    public static string WordOf(KernelKind kind) => kind switch
    {
        KernelKind.IoUring => "io_uring",
        KernelKind.LinuxAio => "aio",
        _ => "auto",
    };

    public static EventLoop Attach() => EventLoop.Attach(new EventLoopOptions { Kernel = Kind });

    public static KernelKind Parse(string word) => word switch
    {
        "io_uring" => KernelKind.IoUring,
        "aio" => KernelKind.LinuxAio,
        _ => KernelKind.Auto,
    };
}
