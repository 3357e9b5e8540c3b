using System.Globalization;

namespace Dispatch.Benchmarks;

/// <summary>
/// Messages between threads: the sender on the load's CPU, the receiver on the other. Left to the kernel, both may share one CPU for as long as they
/// like, and what is measured then is a context switch.
/// </summary>
internal static class MessageBenchmarks
{
    private const string Group = "messages";
    private const string Channel = "Channel<T>";
    private const string Dispatch = "Dispatch";
    private const string DispatchRing = "Dispatch, ring to ring";

    public static Benchmark Stream { get; } = new(
        Group,
        "messages-stream",
        "a message to another thread while both run hot",
        [Metric.WallNs, Metric.CpuNs, Metric.AllocatedBytes],
        (settings, _) =>
        [
            new WorkloadContender(Channel, OnTwoCpus(Peers.ChannelStream, settings), settings.ServerCpu),
            new WorkloadContender(Dispatch, OnTwoCpus(Peers.LoopStream, settings), settings.ServerCpu),
        ],
        [
            new Bar(Dispatch, Metric.WallNs, 250),
        ]);

    public static Benchmark Ping { get; } = new(
        Group,
        "messages-ping",
        "a message between two loops that run hot, back and forth",
        [Metric.WallNs, Metric.CpuNs, Metric.AllocatedBytes],
        (settings, _) =>
        [
            new WorkloadContender(Dispatch, OnTwoCpus(Peers.LoopPing, settings), settings.ServerCpu),
        ],
        [
            new Bar(Dispatch, Metric.WallNs, 250),
        ]);

    public static Benchmark Wake { get; } = new(
        Group,
        "messages-wake",
        "a message to a receiver that sleeps",
        [Metric.P50Ns, Metric.P99Ns, Metric.VoluntarySwitches],
        (settings, _) =>
        [
            new WorkloadContender(Channel, OnTwoCpus(Peers.ChannelWake, settings), settings.ServerCpu),
            new WorkloadContender(Dispatch, OnTwoCpus(Peers.LoopWake, settings), settings.ServerCpu),
            new WorkloadContender(DispatchRing, OnTwoCpus(Peers.LoopRingWake, settings), settings.ServerCpu),
        ],
        [
            new Bar(Dispatch, Metric.P50Ns, 1, Channel),
        ]);

    // The process is started on the receiver's CPU, from where its runtime would take the machine to have but one.
    private static PeerProgram OnTwoCpus(string peer, Settings settings) => new(peer, "--cpu", settings.LoadCpu.ToString(CultureInfo.InvariantCulture))
    {
        Environment = new Dictionary<string, string> { ["DOTNET_PROCESSOR_COUNT"] = settings.LoadCpu == settings.ServerCpu ? "1" : "2" },
    };
}
