namespace Dispatch.Benchmarks;

/// <summary>All benchmarks there are, in the order in which they run.</summary>
internal static class Catalog
{
    public static IReadOnlyList<Benchmark> All { get; } =
    [
        NopBenchmarks.Batches,
        NopBenchmarks.EmptyPoll,
        EchoBenchmarks.Echo,
        ConnectionBenchmarks.SendFile,
        ConnectionBenchmarks.Idle,
        DatagramBenchmarks.Receive,
        ReceiveBenchmarks.Messages,
        ReceiveBenchmarks.Stream,
        FileBenchmarks.Cached,
        FileBenchmarks.Direct,
        FileBenchmarks.DirectKernels,
        LookupBenchmarks.Cached,
        LookupBenchmarks.Direct,
        MessageBenchmarks.Stream,
        MessageBenchmarks.Ping,
        MessageBenchmarks.Wake,
        ChainBenchmarks.Lists,
        ChainBenchmarks.Files,
        CallBenchmarks.One,
        CallBenchmarks.Many,
        ReactiveBenchmarks.ObserveOn,
        SimulatorBenchmarks.Scenarios,
        WebBenchmarks.One,
        WebBenchmarks.Few,
        WebBenchmarks.Many,
        WebBenchmarks.VeryMany,
        WebBenchmarks.File,
        WebBenchmarks.Upload,
        WebBenchmarks.Http2,
    ];

    /// <summary>Gets what can be asked for: a benchmark, or all of a group.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. All.SelectMany(benchmark => new[] { benchmark.Group, benchmark.Name }).Distinct()];
}
