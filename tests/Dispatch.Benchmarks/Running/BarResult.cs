namespace Dispatch.Benchmarks;

/// <summary>A bar beside what was measured; both are null when a contender that it names did not run.</summary>
internal sealed record BarResult(Bar Bar, double? Value, bool? Reached);
