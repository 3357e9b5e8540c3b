namespace Dispatch.Tests;

/// <summary>The process's open descriptors.</summary>
internal static class Descriptors
{
    /// <summary>Counts sockets and regular files: what the tests open. The runtime opens others when it likes.</summary>
    public static int CountSockets() => Directory.GetFiles("/proc/self/fd").Count(f => TargetOf(f).StartsWith("socket:", StringComparison.Ordinal));

    /// <summary>Counts the descriptors open on this file.</summary>
    public static int CountOf(string path) => Directory.GetFiles("/proc/self/fd").Count(f => TargetOf(f) == path);

    private static string TargetOf(string link)
    {
        try
        {
            return new FileInfo(link).LinkTarget ?? string.Empty;
        }
        catch (IOException)
        {
            return string.Empty; // Closed meanwhile, such as the listing's own.
        }
    }
}
