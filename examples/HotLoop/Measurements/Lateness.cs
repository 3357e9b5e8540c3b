using HdrHistogram;

namespace Dispatch.Examples.HotLoop;

/// <summary>How late things came.</summary>
/// <param name="Count">How many there were.</param>
/// <param name="P50Us">Half of them came in less than this, in microseconds.</param>
/// <param name="P99Us">99 of 100 came in less than this.</param>
/// <param name="MaxUs">The latest.</param>
internal sealed record Lateness(long Count, double P50Us, double P99Us, double MaxUs)
{
    /// <summary>The longest time that is told from longer ones, in nanoseconds.</summary>
    public const long Longest = 10_000_000_000;

    private const double NanosecondsPerMicrosecond = 1000;

    /// <summary>Sums a histogram of nanoseconds up.</summary>
    /// <param name="histogram">The histogram.</param>
    /// <returns>The summary.</returns>
    public static Lateness Of(LongHistogram histogram) => new(
        histogram.TotalCount,
        histogram.GetValueAtPercentile(50) / NanosecondsPerMicrosecond,
        histogram.GetValueAtPercentile(99) / NanosecondsPerMicrosecond,
        histogram.GetMaxValue() / NanosecondsPerMicrosecond);
}
