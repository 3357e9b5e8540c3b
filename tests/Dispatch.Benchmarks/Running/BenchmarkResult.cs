namespace Dispatch.Benchmarks;

/// <summary>All that one benchmark measured.</summary>
internal sealed record BenchmarkResult(Benchmark Benchmark, IReadOnlyList<ContenderResult> Contenders, IReadOnlyList<BarResult> Bars, string? SystemCallsMissing)
{
    /// <summary>What ratios are taken to; null when the first contender did not run.</summary>
    public ContenderResult? Baseline => Contenders is [{ IsRunning: true } first, ..] ? first : null;
}
