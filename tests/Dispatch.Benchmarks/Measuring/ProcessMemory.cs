using System.Globalization;

namespace Dispatch.Benchmarks;

/// <summary>Memory of this process that the collector knows nothing of.</summary>
internal static class ProcessMemory
{
    private static readonly string[] Fields = ["VmLck:", "VmPin:"];

    /// <summary>Locked and pinned pages, in bytes.</summary>
    public static long Locked() => 1024 * File.ReadLines("/proc/self/status")
        .Where(line => Fields.Any(field => line.StartsWith(field, StringComparison.Ordinal)))
        .Sum(line => long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2].Split('\t')[^1], CultureInfo.InvariantCulture));
}
