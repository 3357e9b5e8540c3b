using System.Runtime.InteropServices;
using Tmds.Linux;

namespace Dispatch.Tests.Streams;

/// <summary>Calls that make what the tests read from.</summary>
internal static unsafe partial class Native
{
    /// <summary>Makes a pipe; its reading end has these flags too.</summary>
    public static (int Reader, int Writer) Pipe(int readerFlags)
    {
        int* ends = stackalloc int[2];
        Assert.Equal(0, LibC.pipe2(ends, LibC.O_CLOEXEC));
        if (readerFlags != 0)
        {
            Assert.Equal(0, LibC.fcntl(ends[0], LibC.F_SETFL, readerFlags));
        }

        return (ends[0], ends[1]);
    }

    /// <summary>Makes a terminal and its other side.</summary>
    public static (int Master, int Terminal) Terminal()
    {
        int master = OpenTerminal(LibC.O_RDWR | 0x100);
        Assert.True(master >= 0);
        Assert.Equal(0, Grant(master));
        Assert.Equal(0, Unlock(master));
        byte* name = stackalloc byte[64];
        Assert.Equal(0, Name(master, name, 64));
        int terminal = LibC.open(name, LibC.O_RDWR | 0x100 | LibC.O_CLOEXEC);
        Assert.True(terminal >= 0);
        return (master, terminal);
    }

    /// <summary>Writes one byte, a newline, and allocates nothing.</summary>
    public static void WriteByte(int descriptor)
    {
        byte newline = (byte)'\n';
        if (LibC.write(descriptor, &newline, 1) != 1)
        {
            Assert.Fail("The write failed.");
        }
    }

    /// <summary>Reads one byte, and allocates nothing.</summary>
    public static void ReadByte(int descriptor)
    {
        byte taken;
        if (LibC.read(descriptor, &taken, 1) != 1)
        {
            Assert.Fail("The read failed.");
        }
    }

    /// <summary>Sends a signal.</summary>
    public static int Kill(int process, int signal) => LibC.kill(process, signal);

    [LibraryImport("libc", EntryPoint = "posix_openpt")]
    private static partial int OpenTerminal(int flags);

    [LibraryImport("libc", EntryPoint = "grantpt")]
    private static partial int Grant(int master);

    [LibraryImport("libc", EntryPoint = "unlockpt")]
    private static partial int Unlock(int master);

    [LibraryImport("libc", EntryPoint = "ptsname_r")]
    private static partial int Name(int master, byte* name, nint length);
}
