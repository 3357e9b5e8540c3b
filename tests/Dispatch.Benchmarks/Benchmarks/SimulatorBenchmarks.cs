namespace Dispatch.Benchmarks;

/// <summary>What a completion costs on the simulated kernel, scenarios' set-up and checks included: how many seeds a second there are.</summary>
internal static class SimulatorBenchmarks
{
    private const string Calm = "without faults";
    private const string Busy = "a busy system";

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
            new WorkloadContender(Calm, new PeerProgram(Peers.SimulatedCalm), settings.ServerCpu),
            new WorkloadContender(Busy, new PeerProgram(Peers.SimulatedBusy), settings.ServerCpu),
        ],
        [
            new Bar(Calm, Metric.CpuNs, MostNanoseconds),
            new Bar(Busy, Metric.CpuNs, MostNanoseconds),
        ]);
}
