namespace Dispatch.Benchmarks;

/// <summary>What a completion costs on the simulated kernel, scenarios' set-up and checks included: how many seeds a second there are.</summary>
internal static class SimulatorBenchmarks
{
    private const string Calm = "without faults";
    private const string Busy = "a busy system";
    private const string Failing = "every kind of fault";
    private const string Short = "busy, 12 messages a seed";

    /// <summary>200,000 requests a second on one CPU.</summary>
    private const double MostNanoseconds = 5_000;

    private static readonly Metric[] Columns = [Metric.CpuNs, Metric.AllocatedBytes];

    public static Benchmark Scenarios { get; } = new(
        "simulator",
        "simulator",
        "a completion on the simulated kernel, in scenarios of 4 clients that echo 100 messages each",
        Columns,
        (settings, _) =>
        [
            new WorkloadContender(Calm, Peer(Peers.SimulatedCalm), settings.ServerCpu),
            new WorkloadContender(Busy, Peer(Peers.SimulatedBusy), settings.ServerCpu),
            new WorkloadContender(Failing, Peer(Peers.SimulatedFailing), settings.ServerCpu),
            new WorkloadContender(Short, Peer(Peers.SimulatedShort), settings.ServerCpu),
        ],
        [
            new Bar(Calm, Metric.CpuNs, MostNanoseconds),
            new Bar(Busy, Metric.CpuNs, MostNanoseconds),
            new Bar(Failing, Metric.CpuNs, MostNanoseconds),
            new Bar(Short, Metric.CpuNs, MostNanoseconds),
        ]);

    // Scenarios run through all of the library, cold paths too. On the one CPU that a contender has, the compiler's tiers are not through with it in any warm-up: it compiles once, then.
    private static PeerProgram Peer(string name) => new(name) { Environment = new Dictionary<string, string> { ["DOTNET_TieredCompilation"] = "0" } };
}
