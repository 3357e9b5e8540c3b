using System.Globalization;

namespace Dispatch.Examples.Quickstart;

/// <summary>What the process has used so far, all its threads together, read from <c>/proc/self</c> (<c>proc(5)</c>).</summary>
/// <param name="CpuTime">Time on a CPU, in user and kernel mode; counted by the kernel in steps of 10 ms.</param>
/// <param name="VoluntarySwitches">How often a thread went to sleep.</param>
/// <param name="InvoluntarySwitches">How often a thread was taken off its CPU.</param>
internal readonly record struct ProcessCost(TimeSpan CpuTime, long VoluntarySwitches, long InvoluntarySwitches)
{
    private const int TicksPerSecond = 100; // USER_HZ, the same on every Linux that .NET runs on.

    /// <summary>Subtracts.</summary>
    public static ProcessCost operator -(ProcessCost left, ProcessCost right) => new(
        left.CpuTime - right.CpuTime,
        left.VoluntarySwitches - right.VoluntarySwitches,
        left.InvoluntarySwitches - right.InvoluntarySwitches);

    /// <summary>Reads the present figures. Switches of threads that have ended are not in them.</summary>
    /// <returns>The figures.</returns>
    public static ProcessCost Read()
    {
        // The name, field 2, may hold spaces and parentheses: the other fields follow its last parenthesis. utime is field 14, stime field 15.
        string stat = File.ReadAllText("/proc/self/stat");
        string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        long ticks = Number(fields[11]) + Number(fields[12]);
        long voluntary = 0;
        long involuntary = 0;
        foreach (string thread in Directory.EnumerateDirectories("/proc/self/task"))
        {
            try
            {
                foreach (string line in File.ReadLines(Path.Combine(thread, "status")))
                {
                    voluntary += Value(line, "voluntary_ctxt_switches:");
                    involuntary += Value(line, "nonvoluntary_ctxt_switches:");
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                continue; // The thread ended while we looked.
            }
        }

        return new ProcessCost(TimeSpan.FromSeconds((double)ticks / TicksPerSecond), voluntary, involuntary);
    }

    private static long Value(string line, string name) => line.StartsWith(name, StringComparison.Ordinal) ? Number(line[name.Length..]) : 0;

    private static long Number(string text) => long.Parse(text, NumberStyles.AllowLeadingWhite, CultureInfo.InvariantCulture);
}
