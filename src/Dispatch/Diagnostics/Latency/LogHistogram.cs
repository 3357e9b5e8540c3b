using System.Numerics;
using System.Runtime.CompilerServices;

namespace Dispatch;

/// <summary>
/// Durations in nanoseconds, counted in buckets that widen with the value: eight to each power of two, so that none is wider than an eighth of what it holds. Written by one thread with plain adds, read by any without a
/// lock: each count is whole, and the counts of one reading may be a moment apart. It allocates when it is made and never again.
/// </summary>
internal sealed class LogHistogram
{
    /// <summary>What a bucket's number keeps of a value below its highest bit.</summary>
    private const int FractionBits = 3;
    private const int Fractions = 1 << FractionBits;

    /// <summary>18 minutes. What is longer counts as that.</summary>
    private const int HighestBit = 40;

    private readonly long[] counts = new long[BucketOf(long.MaxValue) + 1];
    private long sum;
    private long max;

    /// <summary>Gets the bucket of a value.</summary>
    public static int BucketOf(long nanoseconds)
    {
        if (nanoseconds < Fractions)
        {
            return (int)Math.Max(0, nanoseconds);
        }

        int highest = BitOperations.Log2((ulong)nanoseconds);
        return highest > HighestBit
            ? ((HighestBit - FractionBits + 2) * Fractions) - 1
            : ((highest - FractionBits + 1) * Fractions) + (int)((nanoseconds >> (highest - FractionBits)) & (Fractions - 1));
    }

    /// <summary>Gets the smallest value that is too large for a bucket.</summary>
    public static long UpperBoundOf(int bucket)
    {
        if (bucket < Fractions)
        {
            return bucket + 1;
        }

        int shift = (bucket / Fractions) - 1;
        return ((long)((bucket % Fractions) + Fractions + 1)) << shift;
    }

    /// <summary>Counts one. Its writer only.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Record(long nanoseconds)
    {
        counts[BucketOf(nanoseconds)]++;
        sum += nanoseconds;
        if (nanoseconds > max)
        {
            max = nanoseconds;
        }
    }

    /// <summary>Takes what it holds now. Any thread.</summary>
    public LatencyHistogram Snapshot()
    {
        long[] copy = new long[counts.Length];
        for (int i = 0; i < copy.Length; i++)
        {
            copy[i] = Volatile.Read(ref counts[i]);
        }

        return new LatencyHistogram(copy, Volatile.Read(ref sum), Volatile.Read(ref max));
    }
}
