using System.Globalization;

namespace Dispatch.Benchmarks;

/// <summary>What a process has used up to one moment. The difference of two samples is what a window cost.</summary>
internal readonly record struct ProcessSample(long CpuNs, long VoluntarySwitches)
{
    private const string SwitchesField = "voluntary_ctxt_switches:";

    public static ProcessSample operator -(ProcessSample later, ProcessSample earlier) =>
        new(later.CpuNs - earlier.CpuNs, later.VoluntarySwitches - earlier.VoluntarySwitches);

    public static ProcessSample Take(int processId)
    {
        long cpuNs = CpuClock.OfProcess(processId);
        long switches = 0;
        foreach (string task in Directory.EnumerateDirectories($"/proc/{processId}/task"))
        {
            switches += SwitchesOf(task);
        }

        return new ProcessSample(cpuNs, switches);
    }

    // A thread may end between the listing and the reading. Its switches are lost from the sum, its CPU time is not.
    private static long SwitchesOf(string task)
    {
        try
        {
            string? line = File.ReadLines(Path.Combine(task, "status")).FirstOrDefault(line => line.StartsWith(SwitchesField, StringComparison.Ordinal));
            return line is null ? 0 : long.Parse(line.AsSpan(SwitchesField.Length), NumberStyles.AllowLeadingWhite, CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return 0;
        }
    }
}
