using System.Runtime.InteropServices;

namespace Dispatch.Tests;

/// <summary>The process's limits. <c>setrlimit(2)</c>. Only in a process of its own.</summary>
internal static unsafe partial class Limits
{
    public const int FileSize = 1;
    public const int Descriptors = 7;

    public static void Set(int resource, ulong soft)
    {
        ulong* limit = stackalloc ulong[2];
        Assert.Equal(0, GetLimit(resource, limit));
        limit[0] = soft;
        Assert.Equal(0, SetLimit(resource, limit));
    }

    [LibraryImport("libc", EntryPoint = "getrlimit")]
    private static partial int GetLimit(int resource, ulong* limit);

    [LibraryImport("libc", EntryPoint = "setrlimit")]
    private static partial int SetLimit(int resource, ulong* limit);
}
