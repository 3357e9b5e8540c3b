namespace Dispatch.AspNetCore;

/// <summary>Durations: how many, two percentiles and the mean in nanoseconds, and counts by the power of two.</summary>
/// <param name="Count">How many.</param>
/// <param name="Mean">The mean.</param>
/// <param name="P50">What half of them did not exceed.</param>
/// <param name="P99">What 99 in a hundred did not exceed.</param>
/// <param name="Octaves">How many were below 128 ns, 256 ns, 512 ns and so on; the last also has all that were longer.</param>
internal sealed record LiveHistogram(long Count, double Mean, long P50, long P99, IReadOnlyList<long> Octaves);
