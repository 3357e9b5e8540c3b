namespace Dispatch.Benchmarks;

/// <summary>What connections cost beside messages: files that are sent, and connections that say nothing.</summary>
internal static class ConnectionBenchmarks
{
    private const string Group = "connections";
    private const string Dispatch = "Dispatch";
    private const string DispatchPipe = "Dispatch pipe";
    private const string CopyTo = ".NET CopyToAsync";
    private const int IdleConnections = 10_000;

    public static Benchmark SendFile { get; } = new(
        Group,
        "send-file",
        "1 MiB of a cached file to a TCP socket",
        [Metric.CpuNs, Metric.OperationsPerSecond, Metric.VoluntarySwitches, Metric.AllocatedBytes],
        (settings, workspace) =>
        [
            new WorkloadContender(CopyTo, new PeerProgram(Peers.SendFileSockets, "--file", workspace.TestFile()), cpu: null),
            new WorkloadContender(Dispatch, new PeerProgram(Peers.SendFile, "--file", workspace.TestFile()), cpu: null),
        ],
        [
            new Bar(Dispatch, Metric.CpuNs, 1 / 1.5, CopyTo), // 1.5 times the bytes for the same CPU time.
        ]);

    public static Benchmark Idle { get; } = new(
        Group,
        "idle-connections",
        "one of 10,000 connections that wait for a message",
        [Metric.RetainedBytes],
        (settings, workspace) =>
        [
            new IdleContender(Dispatch, new PeerProgram(Peers.EchoAwait), IdleConnections, settings),
            new IdleContender(DispatchPipe, new PeerProgram(Peers.EchoPipe), IdleConnections, settings),
        ],
        [
            new Bar(Dispatch, Metric.RetainedBytes, 1536),
        ]);
}
