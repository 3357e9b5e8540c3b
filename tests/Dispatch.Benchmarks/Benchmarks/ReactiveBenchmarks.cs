using System.Globalization;

namespace Dispatch.Benchmarks;

/// <summary>System.Reactive on loops, beside System.Reactive's own.</summary>
internal static class ReactiveBenchmarks
{
    private const string Rx = "EventLoopScheduler";
    private const string Dispatch = "Dispatch";
    private const string DispatchHot = "Dispatch, spinning";

    public static Benchmark ObserveOn { get; } = new(
        "rx",
        "rx-observe-on",
        "an item of an observable, taken to another thread by ObserveOn",
        [Metric.OperationsPerSecond, Metric.WallNs, Metric.CpuNs, Metric.VoluntarySwitches, Metric.AllocatedBytes],
        (settings, _) =>
        [
            new WorkloadContender(Rx, OnTwoCpus(Peers.RxObserveOn, settings), settings.ServerCpu),
            new WorkloadContender(Dispatch, OnTwoCpus(Peers.LoopObserveOn, settings), settings.ServerCpu),
            new WorkloadContender(DispatchHot, OnTwoCpus(Peers.LoopObserveOnHot, settings), settings.ServerCpu),
        ],
        [
            new Bar(Dispatch, Metric.OperationsPerSecond, 5, Rx, AtLeast: true),
            new Bar(Dispatch, Metric.AllocatedBytes, 0.01),
        ]);

    // As for the messages between threads: started on the receiver's CPU, told that the machine has two.
    private static PeerProgram OnTwoCpus(string peer, Settings settings) => new(peer, "--cpu", settings.LoadCpu.ToString(CultureInfo.InvariantCulture))
    {
        Environment = new Dictionary<string, string> { ["DOTNET_PROCESSOR_COUNT"] = settings.LoadCpu == settings.ServerCpu ? "1" : "2" },
    };
}
