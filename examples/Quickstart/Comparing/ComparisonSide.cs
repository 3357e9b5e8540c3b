using System.Text.Json.Serialization;

namespace Dispatch.Examples.Quickstart;

/// <summary>What the job cost on one of the two sides.</summary>
/// <param name="Elapsed">Time that went by.</param>
/// <param name="CpuTime">CPU time of the whole process.</param>
/// <param name="VoluntarySwitches">How often a thread went to sleep.</param>
/// <param name="InvoluntarySwitches">How often a thread was taken off its CPU.</param>
internal readonly record struct ComparisonSide(
    [property: JsonIgnore] TimeSpan Elapsed,
    [property: JsonIgnore] TimeSpan CpuTime,
    long VoluntarySwitches,
    long InvoluntarySwitches)
{
    public double ElapsedMs => Elapsed.TotalMilliseconds;

    public double CpuTimeMs => CpuTime.TotalMilliseconds;

    public static ComparisonSide operator +(ComparisonSide left, ComparisonSide right) => new(
        left.Elapsed + right.Elapsed,
        left.CpuTime + right.CpuTime,
        left.VoluntarySwitches + right.VoluntarySwitches,
        left.InvoluntarySwitches + right.InvoluntarySwitches);

    public static ComparisonSide operator /(ComparisonSide side, int divisor) => new(
        side.Elapsed / divisor,
        side.CpuTime / divisor,
        side.VoluntarySwitches / divisor,
        side.InvoluntarySwitches / divisor);
}
