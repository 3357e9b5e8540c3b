using System.Runtime.InteropServices;

namespace Dispatch.Tests;

/// <summary>The credentials of one thread. The C library would change those of all threads; the bare system call changes the caller's.</summary>
internal static partial class Credentials
{
    private const int Nobody = 65534;

    /// <summary>Makes the calling thread an ordinary user for the rest of its life, if it is not one.</summary>
    public static void DropOnThisThread()
    {
        long call = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 147 : 117; // setresuid
        Assert.Equal(0, SystemCall(call, -1, Nobody, -1));
    }

    [LibraryImport("libc", EntryPoint = "syscall")]
    private static partial long SystemCall(long number, long real, long effective, long saved);
}
