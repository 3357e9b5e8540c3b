namespace Dispatch.Benchmarks;

/// <summary>
/// Random 4 KiB reads with 32 in flight. <see cref="System.IO.RandomAccess"/> spreads its work over the thread pool, so it runs as a program
/// that uses it would, on all CPUs; what it costs when it is held on one is shown beside it.
/// </summary>
internal static class FileBenchmarks
{
    private const string Group = "files";
    private const string C = "C io_uring";
    private const string RandomAccess = "RandomAccess";
    private const string RandomAccessPinned = "RandomAccess, one CPU";
    private const string Dispatch = "Dispatch";
    private const string DispatchRaw = "Dispatch raw";
    private const string Fio = "fio io_uring";
    private const string OnIoUring = "Dispatch, io_uring";
    private const string OnAio = "Dispatch, Linux AIO";
    private const int Depth = 32;
    private const string DepthText = "32";

    private static readonly Metric[] Columns = [Metric.CpuNs, Metric.OperationsPerSecond, Metric.VoluntarySwitches, Metric.SystemCalls, Metric.AllocatedBytes];

    public static Benchmark Cached { get; } = new(
        Group,
        "files-cached",
        "a random 4 KiB read from the page cache, 32 in flight",
        Columns,
        (settings, workspace) =>
        [
            new WorkloadContender(C, new CReference("nop", "read", workspace.TestFile(), DepthText), settings.ServerCpu),
            new WorkloadContender(RandomAccess, Peer(Peers.FileRandomAccess, workspace), cpu: null),
            new WorkloadContender(RandomAccessPinned, Peer(Peers.FileRandomAccess, workspace), settings.ServerCpu),
            new WorkloadContender(Dispatch, Peer(Peers.Reads, workspace), settings.ServerCpu),
            new WorkloadContender(DispatchRaw, Peer(Peers.ReadsRaw, workspace), settings.ServerCpu),
        ],
        [
            new Bar(Dispatch, Metric.CpuNs, 1.25, C),
            new Bar(Dispatch, Metric.CpuNs, 0.5, RandomAccess),
        ]);

    public static Benchmark Direct { get; } = new(
        Group,
        "files-direct",
        "a random 4 KiB read with O_DIRECT, 32 in flight",
        Columns,
        (settings, workspace) =>
        [
            new FioContender(Fio, workspace.TestFile(), Depth, settings.ServerCpu),
            new WorkloadContender(C, new CReference("nop", "direct", workspace.TestFile(), DepthText), settings.ServerCpu),
            new WorkloadContender(Dispatch, Peer(Peers.ReadsDirect, workspace), settings.ServerCpu),
            new WorkloadContender(DispatchRaw, Peer(Peers.ReadsDirectRaw, workspace), settings.ServerCpu),
        ],
        [
            new Bar(Dispatch, Metric.OperationsPerSecond, 0.95, Fio, AtLeast: true),
        ]);

    public static Benchmark DirectKernels { get; } = new(
        Group,
        "files-direct-kernels",
        "a random 4 KiB read with O_DIRECT, 32 in flight, on each kernel interface",
        Columns,
        (settings, workspace) =>
        [
            new WorkloadContender(OnIoUring, Peer(Peers.ReadsDirect, workspace, KernelKind.IoUring), settings.ServerCpu),
            new WorkloadContender(OnAio, Peer(Peers.ReadsDirect, workspace, KernelKind.LinuxAio), settings.ServerCpu),
        ],
        [
            new Bar(OnAio, Metric.CpuNs, 1.1, OnIoUring),
        ]);

    private static PeerProgram Peer(string name, Workspace workspace, KernelKind? kernel = null) => new(name, "--file", workspace.TestFile(), "--depth", DepthText) { Kernel = kernel };
}
