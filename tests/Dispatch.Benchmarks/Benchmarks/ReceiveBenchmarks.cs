namespace Dispatch.Benchmarks;

/// <summary>
/// The kernel's kinds of provided buffers beside each other, in C, with nothing of Dispatch in between: what a change of kind would be worth to a receiving loop before it is made.
/// </summary>
internal static class ReceiveBenchmarks
{
    private const string Group = "receive-buffers";
    private const string Plain = "C, buffers of 4 KiB";

    public static Benchmark Messages { get; } = Compare("messages", "receive-messages", "a message of 64 bytes received, on each of 64 connections in turn");

    public static Benchmark Stream { get; } = Compare("stream", "receive-stream", "64 KiB received of one of 4 streams");

    private static Benchmark Compare(string load, string name, string operation) => new(
        Group,
        name,
        operation,
        [Metric.CpuNs, Metric.OperationsPerSecond],
        (_, _) =>
        [
            Contender(Plain, load, "plain"),
            Contender("C, buffers of 64 KiB", load, "large"),
            Contender("C, incremental", load, "incremental"),
            Contender("C, bundles", load, "bundle"),
            Contender("C, bundles, incremental", load, "both"),
        ],
        []);

    // Receiver and sender are two threads of the program: both CPUs are theirs.
    private static WorkloadContender Contender(string name, string load, string kind) => new(name, new CReference("receive", load, kind), cpu: null);
}
