namespace Dispatch;

/// <summary>
/// How long something took, many times: a snapshot that nothing changes any more. Durations are counted in buckets no wider than an eighth of what they hold, so that a percentile is right to within 12.5 %. Take two and
/// subtract (<see cref="Since"/>) to see an interval; add those of several loops (<see cref="Plus"/>) to see a dispatcher.
/// </summary>
public sealed class LatencyHistogram
{
    private readonly long[] counts;

    internal LatencyHistogram(long[] counts, long sum, long max)
    {
        this.counts = counts;
        SumNanoseconds = sum;
        MaxNanoseconds = max;
        Count = counts.Sum();
    }

    /// <summary>Gets a histogram of nothing.</summary>
    public static LatencyHistogram Empty { get; } = new([], 0, 0);

    /// <summary>Gets how many durations were counted.</summary>
    public long Count { get; }

    /// <summary>Gets the sum of them, in nanoseconds.</summary>
    public long SumNanoseconds { get; }

    /// <summary>Gets the longest, in nanoseconds; of the whole time of the loop, also in a difference.</summary>
    public long MaxNanoseconds { get; }

    /// <summary>Gets the mean, in nanoseconds; 0 of nothing.</summary>
    public double MeanNanoseconds => Count == 0 ? 0 : (double)SumNanoseconds / Count;

    /// <summary>Gets the buckets that have counted something, shortest first.</summary>
    public IEnumerable<LatencyBucket> Buckets => counts.Select(BucketAt).Where(b => b.Count != 0);

    /// <summary>Finds the duration that a part of them did not exceed, in nanoseconds: the upper end of its bucket, and never more than <see cref="MaxNanoseconds"/>.</summary>
    /// <param name="percent">The part, from 0 to 100: 50 for the median, 99.9 for the slowest in a thousand.</param>
    /// <returns>The duration; 0 of nothing.</returns>
    public long PercentileNanoseconds(double percent)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(percent, 0);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(percent, 100);
        long rank = Math.Max(1, (long)Math.Ceiling(Count * (percent / 100)));
        long seen = 0;
        for (int i = 0; i < counts.Length; i++)
        {
            seen += counts[i];
            if (seen >= rank)
            {
                return Math.Min(LogHistogram.UpperBoundOf(i), MaxNanoseconds);
            }
        }

        return 0;
    }

    /// <summary>Subtracts an earlier snapshot of the same.</summary>
    /// <param name="earlier">The earlier one.</param>
    /// <returns>What was counted between the two.</returns>
    public LatencyHistogram Since(LatencyHistogram earlier)
    {
        ArgumentNullException.ThrowIfNull(earlier);
        return new LatencyHistogram(Combine(earlier, -1), SumNanoseconds - earlier.SumNanoseconds, MaxNanoseconds);
    }

    /// <summary>Adds another.</summary>
    /// <param name="other">The other: another loop's, say.</param>
    /// <returns>Both together.</returns>
    public LatencyHistogram Plus(LatencyHistogram other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return new LatencyHistogram(Combine(other, 1), SumNanoseconds + other.SumNanoseconds, Math.Max(MaxNanoseconds, other.MaxNanoseconds));
    }

    private static LatencyBucket BucketAt(long count, int bucket) => new(bucket == 0 ? 0 : LogHistogram.UpperBoundOf(bucket - 1), LogHistogram.UpperBoundOf(bucket), count);

    private long[] Combine(LatencyHistogram other, int sign)
    {
        long[] combined = new long[Math.Max(counts.Length, other.counts.Length)];
        counts.CopyTo(combined, 0);
        for (int i = 0; i < other.counts.Length; i++)
        {
            combined[i] += sign * other.counts[i];
        }

        return combined;
    }
}
