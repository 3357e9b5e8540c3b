using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Dispatch.Tests;

/// <summary>Looks at the page cache from outside: <c>mincore(2)</c>, which tells of every page whether its data is there. The file has to be the caller's own.</summary>
internal static unsafe partial class Residency
{
    private const int ProtRead = 1;
    private const int MapShared = 1;
    private const int DontNeed = 4;

    /// <summary>Counts the pages of a file that are there, from its beginning to the first that is not, and all.</summary>
    public static (int Prefix, int All) PagesOf(string path)
    {
        using SafeFileHandle handle = File.OpenHandle(path);
        nuint length = (nuint)RandomAccess.GetLength(handle);
        byte[] pages = new byte[((int)length + Environment.SystemPageSize - 1) / Environment.SystemPageSize];
        nint map = Map(0, length, ProtRead, MapShared, (int)handle.DangerousGetHandle(), 0);
        Assert.NotEqual(-1, map);
        int result;
        fixed (byte* first = pages)
        {
            result = InCore(map, length, first);
        }

        Assert.Equal(0, Unmap(map, length));
        Assert.Equal(0, result);
        int prefix = Array.FindIndex(pages, p => (p & 1) == 0);
        return (prefix < 0 ? pages.Length : prefix, pages.Count(p => (p & 1) != 0));
    }

    /// <summary>Drops a range of a file, which is on the device already, from the page cache. A kernel keeps pages that it is busy with: it is asked until they are gone.</summary>
    public static void Drop(string path, long offset = 0)
    {
        using SafeFileHandle handle = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite);
        RandomAccess.FlushToDisk(handle);
        int kept = (int)(offset / Environment.SystemPageSize);
        Assert.True(
            SpinWait.SpinUntil(
                () => Advise((int)handle.DangerousGetHandle(), offset, 0, DontNeed) == 0 && PagesOf(path).All <= kept,
                OnLoop.Guard),
            "The kernel keeps the pages.");
    }

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    private static partial nint Map(nint address, nuint length, int protection, int flags, int descriptor, long offset);

    [LibraryImport("libc", EntryPoint = "munmap", SetLastError = true)]
    private static partial int Unmap(nint address, nuint length);

    [LibraryImport("libc", EntryPoint = "mincore", SetLastError = true)]
    private static partial int InCore(nint address, nuint length, byte* pages);

    [LibraryImport("libc", EntryPoint = "posix_fadvise", SetLastError = true)]
    private static partial int Advise(int descriptor, long offset, long length, int advice);
}
