namespace Dispatch.Tests;

/// <summary>The descriptors that the process has open.</summary>
internal static class OpenDescriptors
{
    public static int Count()
    {
        // What earlier tests forgot is closed by finalizers, whenever that is: before the first count, not between two.
        GC.Collect();
        GC.WaitForPendingFinalizers();

        // The listing itself holds one while it runs; it does so every time.
        return Directory.GetFileSystemEntries("/proc/self/fd").Length;
    }

    /// <summary>Counts those of one file.</summary>
    public static int CountOf(string path) => Directory.GetFileSystemEntries("/proc/self/fd").Count(link => new FileInfo(link).LinkTarget == path);
}
