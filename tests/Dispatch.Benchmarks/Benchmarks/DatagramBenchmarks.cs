namespace Dispatch.Benchmarks;

/// <summary>Datagrams beside .NET's sockets.</summary>
internal static class DatagramBenchmarks
{
    private const string Sockets = ".NET sockets";
    private const string Await = "Dispatch await";
    private const string Observe = "Dispatch observe";
    private const string Coalesced = "Dispatch, coalesced";

    public static Benchmark Receive { get; } = new(
        "datagrams",
        "datagrams",
        "a UDP datagram of 200 bytes received",
        [Metric.CpuNs, Metric.OperationsPerSecond, Metric.VoluntarySwitches, Metric.AllocatedBytes],
        (_, _) =>
        [
            new WorkloadContender(Sockets, new PeerProgram(Peers.DatagramsSockets), cpu: null),
            new WorkloadContender(Await, new PeerProgram(Peers.DatagramsAwait), cpu: null),
            new WorkloadContender(Observe, new PeerProgram(Peers.DatagramsObserve), cpu: null),
            new WorkloadContender(Coalesced, new PeerProgram(Peers.DatagramsCoalesced), cpu: null),
        ],
        [
            new Bar(Observe, Metric.CpuNs, 0.5, Sockets), // Twice the datagrams for the same CPU time.
            new Bar(Observe, Metric.AllocatedBytes, 0.05),
            new Bar(Await, Metric.AllocatedBytes, 0.05),
        ]);
}
