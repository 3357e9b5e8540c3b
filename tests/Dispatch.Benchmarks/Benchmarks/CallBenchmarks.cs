namespace Dispatch.Benchmarks;

/// <summary>A blocking call made by another thread, and its result back: <c>getppid(2)</c>, so that nothing is measured but the way there and back.</summary>
internal static class CallBenchmarks
{
    private const string Group = "calls";
    private const string Dispatch = "Dispatch";
    private const string FromLoop = "Task.Run from a loop";
    private const string Pool = "Task.Run from the pool";

    private static readonly Metric[] Columns = [Metric.WallNs, Metric.CpuNs, Metric.VoluntarySwitches, Metric.SystemCalls, Metric.AllocatedBytes];

    public static Benchmark One { get; } = Of("worker-call", "a call by a worker and its result back, one at a time", "1");

    public static Benchmark Many { get; } = Of("worker-call-many", "a call by a worker and its result back, 64 in flight", "64");

    private static Benchmark Of(string name, string summary, string depth) => new(
        Group,
        name,
        summary,
        Columns,
        (_, _) =>
        [
            new WorkloadContender(FromLoop, new PeerProgram(Peers.CallOnPoolFromLoop, "--depth", depth), cpu: null),
            new WorkloadContender(Pool, new PeerProgram(Peers.CallOnPool, "--depth", depth), cpu: null),
            new WorkloadContender(Dispatch, new PeerProgram(Peers.CallOnWorkers, "--depth", depth), cpu: null),
        ],
        [
            new Bar(Dispatch, Metric.WallNs, 1.2, FromLoop),
            new Bar(Dispatch, Metric.AllocatedBytes, 1), // The runner's talk with the child, and the start of each window, are in it.
        ]);
}
