namespace Dispatch.Benchmarks;

/// <summary>What Dispatch adds to the ring itself.</summary>
internal static class NopBenchmarks
{
    private const string Group = "nop";
    private const string C = "C io_uring";
    private const string Raw = "Dispatch raw";
    private const string Observe = "Dispatch observe";
    private const string Await = "Dispatch await";
    private const string Poll = "Dispatch poll";
    private const string Take = "Dispatch take";
    private const string Batch = "64";

    private static readonly Metric[] Columns = [Metric.CpuNs, Metric.SystemCalls, Metric.AllocatedBytes];

    public static Benchmark Batches { get; } = new(
        Group,
        "nop",
        "a NOP through the ring, in batches of 64",
        Columns,
        (settings, _) =>
        [
            new WorkloadContender(C, new CReference("nop", "nop", Batch), settings.ServerCpu),
            new WorkloadContender(Raw, new PeerProgram(Peers.NopRaw, "--depth", Batch), settings.ServerCpu),
            new WorkloadContender(Observe, new PeerProgram(Peers.NopObserve, "--depth", Batch), settings.ServerCpu),
            new WorkloadContender(Await, new PeerProgram(Peers.NopAwait, "--depth", Batch), settings.ServerCpu),
        ],
        [
            new Bar(Raw, Metric.CpuNs, 1.25, C),
            new Bar(Observe, Metric.CpuNs, 1.5, C),
            new Bar(Await, Metric.CpuNs, 2, C),
            new Bar(Raw, Metric.AllocatedBytes, 0),
            new Bar(Observe, Metric.AllocatedBytes, 0),
            new Bar(Await, Metric.AllocatedBytes, 0),
        ]);

    public static Benchmark EmptyPoll { get; } = new(
        Group,
        "empty-poll",
        "a poll of a loop that has nothing to do",
        Columns,
        (settings, _) =>
        [
            new WorkloadContender(Poll, new PeerProgram(Peers.EmptyPoll), settings.ServerCpu),
            new WorkloadContender(Take, new PeerProgram(Peers.EmptyTake), settings.ServerCpu),
        ],
        [
            new Bar(Poll, Metric.CpuNs, 10),
            new Bar(Take, Metric.CpuNs, 10),

            // A few calls a window come from the talk with the runner. There are tens of millions of polls in it.
            new Bar(Poll, Metric.SystemCalls, 0.0001),
            new Bar(Take, Metric.SystemCalls, 0.0001),
            new Bar(Poll, Metric.AllocatedBytes, 0),
            new Bar(Take, Metric.AllocatedBytes, 0),
        ]);
}
