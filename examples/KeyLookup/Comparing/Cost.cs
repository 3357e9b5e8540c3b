using System.Diagnostics;
using System.Text.Json.Serialization;

namespace Dispatch.Examples.KeyLookup;

/// <summary>What lookups cost the process.</summary>
/// <param name="Lookups">How many there were.</param>
/// <param name="Elapsed">Time that went by.</param>
/// <param name="CpuTime">CPU time of all threads.</param>
/// <param name="AllocatedBytes">What was allocated.</param>
internal readonly record struct Cost(long Lookups, [property: JsonIgnore] TimeSpan Elapsed, [property: JsonIgnore] TimeSpan CpuTime, long AllocatedBytes)
{
    /// <summary>Gets the lookups a second.</summary>
    public double LookupsPerSecond => Lookups / Elapsed.TotalSeconds;

    /// <summary>Gets the CPU time of a lookup, in microseconds.</summary>
    public double CpuUsPerLookup => CpuTime.TotalMicroseconds / Lookups;

    /// <summary>Gets the bytes that a lookup allocates.</summary>
    public double AllocatedBytesPerLookup => (double)AllocatedBytes / Lookups;

    public static Cost operator +(Cost left, Cost right) =>
        new(left.Lookups + right.Lookups, left.Elapsed + right.Elapsed, left.CpuTime + right.CpuTime, left.AllocatedBytes + right.AllocatedBytes);

    /// <summary>Makes lookups and measures them.</summary>
    /// <param name="job">The way to make them.</param>
    /// <param name="lookups">How many.</param>
    /// <returns>What they cost.</returns>
    public static async Task<Cost> OfAsync(ILookupJob job, int lookups)
    {
        long allocated = GC.GetTotalAllocatedBytes(precise: true);
        TimeSpan cpu = Environment.CpuUsage.TotalTime;
        long start = Stopwatch.GetTimestamp();
        await job.RunAsync(lookups);
        TimeSpan elapsed = Stopwatch.GetElapsedTime(start);
        return new Cost(lookups, elapsed, Environment.CpuUsage.TotalTime - cpu, GC.GetTotalAllocatedBytes(precise: true) - allocated);
    }
}
