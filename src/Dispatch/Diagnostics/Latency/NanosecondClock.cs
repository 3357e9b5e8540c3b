using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Dispatch;

/// <summary>A loop's monotonic clock in nanoseconds: the kernel's, without a virtual call, or a simulated one. Any thread.</summary>
internal readonly struct NanosecondClock(TimeProvider provider)
{
    private readonly TimeProvider? given = ReferenceEquals(provider, TimeProvider.System) ? null : provider;

    /// <summary>Gets the kernel's time, of which .NET's timestamps on Linux are the nanoseconds. About 26 ns.</summary>
    public static long Real
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Stopwatch.GetTimestamp();
    }

    /// <summary>Gets the time.</summary>
    public long Now
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => given is null ? Real : Convert(given);
    }

    private static long Convert(TimeProvider clock) => (long)((Int128)clock.GetTimestamp() * 1_000_000_000 / clock.TimestampFrequency);
}
