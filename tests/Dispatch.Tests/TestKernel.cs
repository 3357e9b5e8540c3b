namespace Dispatch.Tests;

/// <summary>
/// The kernel interface that the tests' loops run on: DISPATCH_TEST_KERNEL is <c>auto</c> (the default), <c>io_uring</c> or <c>aio</c>. Tests of one kernel's own ring make that ring themselves.
/// </summary>
internal static class TestKernel
{
    public static KernelKind Kind { get; } = Environment.GetEnvironmentVariable("DISPATCH_TEST_KERNEL") switch
    {
        null or "" or "auto" => KernelKind.Auto,
        "io_uring" => KernelKind.IoUring,
        "aio" => KernelKind.LinuxAio,
        string other => throw new InvalidOperationException($"DISPATCH_TEST_KERNEL is '{other}': auto, io_uring or aio."),
    };

    /// <summary>Skips the test where it is about what only io_uring has, or does in its own way.</summary>
    public static void OnlyIoUring(string reason) => Assert.SkipWhen(Kind == KernelKind.LinuxAio, "Not on Linux AIO: " + reason);
}
