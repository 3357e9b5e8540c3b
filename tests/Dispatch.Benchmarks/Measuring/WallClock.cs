using System.Diagnostics;

namespace Dispatch.Benchmarks;

/// <summary>The monotonic clock in nanoseconds, the unit in which <see cref="Stopwatch"/> counts on Linux.</summary>
internal static class WallClock
{
    public static long NowNs() => Stopwatch.GetTimestamp();

    /// <summary>The moment that lies <paramref name="length"/> after <paramref name="beginNs"/>.</summary>
    public static long DeadlineNs(long beginNs, TimeSpan length) => beginNs + (length.Ticks * TimeSpan.NanosecondsPerTick);
}
