using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Dispatch;

/// <summary>Small text files of /sys and /proc. Containers and sandboxes hide some of them: a file that cannot be read is an answer, not an error.</summary>
internal static class SystemText
{
    /// <summary>Reads a file, without the white space around its text. Blocks; not for a loop's thread while it serves.</summary>
    /// <returns>False where the file is missing or may not be read, or the kernel has no value to tell (an offline CPU's files).</returns>
    public static bool TryRead(string path, [NotNullWhen(true)] out string? text)
    {
        try
        {
            text = File.ReadAllText(path).Trim();
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            text = null;
            return false;
        }
    }

    /// <summary>Reads a file that holds one whole number.</summary>
    /// <returns>The number, or null where there is none to be had.</returns>
    public static int? TryReadNumber(string path) =>
        TryRead(path, out string? text) && int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value) ? value : null;

    /// <summary>Reads a file that holds a CPU list.</summary>
    /// <returns>The set, or null where there is none to be had.</returns>
    public static CpuSet? TryReadCpus(string path) =>
        TryRead(path, out string? text) && CpuSet.TryParse(text, out CpuSet? cpus) ? cpus : null;
}
