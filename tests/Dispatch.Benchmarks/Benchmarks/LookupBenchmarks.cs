namespace Dispatch.Benchmarks;

/// <summary>Read an index block, search it, read the records that it names: the founding example, 32 lookups at a time, either side on one CPU.</summary>
internal static class LookupBenchmarks
{
    private const string Group = "lookups";
    private const string RandomAccess = "RandomAccess, one CPU";
    private const string Dispatch = "Dispatch";
    private const string Floor = "C, the two calls alone";
    private const string Depth = "32";

    private static readonly Metric[] Columns = [Metric.CpuNs, Metric.OperationsPerSecond, Metric.VoluntarySwitches, Metric.SystemCalls, Metric.AllocatedBytes];

    public static Benchmark Cached { get; } = new(
        Group,
        "key-lookup",
        "a key looked up in ten million records, two blocks from the page cache, 32 at a time",
        Columns,
        (settings, _) =>
        [
            new WorkloadContender(RandomAccess, new PeerProgram(Peers.LookupsRandomAccess, "--depth", Depth), settings.ServerCpu),
            new WorkloadContender(Dispatch, new PeerProgram(Peers.Lookups, "--depth", Depth), settings.ServerCpu),
            new WorkloadContender(Floor, new CReference("calls", "lookup", LookupWorkload.TablePath), settings.ServerCpu),
        ],
        [
            new Bar(Dispatch, Metric.OperationsPerSecond, 2, RandomAccess, AtLeast: true),
        ]);

    public static Benchmark Direct { get; } = new(
        Group,
        "key-lookup-direct",
        "a key looked up in ten million records, two blocks with O_DIRECT, 32 at a time",
        Columns,
        (settings, _) =>
        [
            new WorkloadContender(RandomAccess, new PeerProgram(Peers.LookupsDirectRandomAccess, "--depth", Depth), settings.ServerCpu),
            new WorkloadContender(Dispatch, new PeerProgram(Peers.LookupsDirect, "--depth", Depth), settings.ServerCpu),
        ],
        [
            new Bar(Dispatch, Metric.OperationsPerSecond, 1.5, RandomAccess, AtLeast: true),
        ]);
}
