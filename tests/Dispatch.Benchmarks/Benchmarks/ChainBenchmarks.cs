namespace Dispatch.Benchmarks;

/// <summary>Lists of requests beside raw ones and beside C, and chains that read whole files beside .NET.</summary>
internal static class ChainBenchmarks
{
    private const string Raw = "Dispatch raw";
    private const string List = "Dispatch list";
    private const string C = "C, with a sleeper";
    private const string ListSleep = "Dispatch list, with a sleeper";
    private const string DotNet = "File.ReadAllBytesAsync";
    private const string DotNetWide = "File.ReadAllBytesAsync, all CPUs";
    private const string Chain = "Chain.ReadFileAsync, given buffer";
    private const string ChainOwned = "Chain.ReadFileAsync";
    private const string Floor = "C, the three calls alone";
    private const string Batch = "64";
    private const string Depth = "32";

    public static Benchmark Lists { get; } = new(
        "lists",
        "lists",
        "a NOP of a list of 64",
        [Metric.CpuNs, Metric.SystemCalls, Metric.VoluntarySwitches, Metric.AllocatedBytes],
        (settings, _) =>
        [
            new WorkloadContender(Raw, new PeerProgram(Peers.NopRaw, "--depth", Batch), settings.ServerCpu),
            new WorkloadContender(List, new PeerProgram(Peers.List, "--depth", Batch), settings.ServerCpu),
            new WorkloadContender(C, new CReference("list", Batch), settings.ServerCpu),
            new WorkloadContender(ListSleep, new PeerProgram(Peers.ListSleep, "--depth", Batch), settings.ServerCpu),
        ],
        [
            new Bar(List, Metric.CpuNs, 1.3, Raw),
            new Bar(ListSleep, Metric.CpuNs, 1.2, C),
            new Bar(List, Metric.AllocatedBytes, 0),
        ]);

    public static Benchmark Files { get; } = new(
        "chain-files",
        "chain-files",
        "a cached file of 1 to 4 KiB: open, read, close; 32 at a time",
        [Metric.CpuNs, Metric.OperationsPerSecond, Metric.VoluntarySwitches, Metric.SystemCalls, Metric.AllocatedBytes],
        (settings, workspace) =>
        [
            new WorkloadContender(DotNet, Peer(Peers.ReadAllBytes, workspace), settings.ServerCpu),
            new WorkloadContender(DotNetWide, Peer(Peers.ReadAllBytes, workspace), cpu: null),
            new WorkloadContender(Chain, Peer(Peers.ChainFiles, workspace), settings.ServerCpu),
            new WorkloadContender(ChainOwned, Peer(Peers.ChainFilesOwned, workspace), settings.ServerCpu),
            new WorkloadContender(Floor, new CReference("calls", "files", workspace.SmallFiles()), settings.ServerCpu),
        ],
        [
            new Bar(Chain, Metric.CpuNs, 0.3, DotNet),
            new Bar(Chain, Metric.OperationsPerSecond, 3, DotNet, AtLeast: true),
            new Bar(Chain, Metric.AllocatedBytes, 1), // The tasks of a window, over all its reads.
        ]);

    private static PeerProgram Peer(string name, Workspace workspace) => new(name, "--file", workspace.SmallFiles(), "--depth", Depth);
}
