namespace Dispatch.Benchmarks;

/// <summary>All benchmarks there are, in the order in which they run.</summary>
internal static class Catalog
{
    public static IReadOnlyList<Benchmark> All { get; } =
    [
        NopBenchmarks.Batches,
        NopBenchmarks.EmptyPoll,
        EchoBenchmarks.Echo,
        FileBenchmarks.Cached,
        FileBenchmarks.Direct,
        MessageBenchmarks.Stream,
        MessageBenchmarks.Ping,
        MessageBenchmarks.Wake,
    ];

    public static IReadOnlyList<string> Groups { get; } = [.. All.Select(benchmark => benchmark.Group).Distinct()];
}
