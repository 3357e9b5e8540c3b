using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Dispatch.Examples.KeyLookup;

/// <summary>Opens a file past the page cache: .NET's own options have no word for that, but its handles take any descriptor. <c>open(2)</c>.</summary>
internal static partial class DirectHandle
{
    private const int CloseOnExec = 0x80000;

    private static readonly int Direct = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 0x10000 : 0x4000;

    /// <summary>Opens a file for reading.</summary>
    /// <param name="path">The path.</param>
    /// <returns>The handle.</returns>
    public static SafeFileHandle Open(string path)
    {
        int number = Open(path, Direct | CloseOnExec);
        return number >= 0 ? new SafeFileHandle(number, ownsHandle: true) : throw new IOException($"open of '{path}' with O_DIRECT failed: {Marshal.GetLastPInvokeErrorMessage()}.");
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);
}
