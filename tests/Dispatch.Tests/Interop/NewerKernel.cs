using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Tmds.Linux;

namespace Dispatch.Tests.Interop;

/// <summary>What the tests of newer numbers share. These are proved by what the kernel does with them; a kernel without the thing skips its test, by name.</summary>
internal static unsafe class NewerKernel
{
    /// <summary>By version, and not by asking the kernel for the thing: a wrong number would look like a thing that the kernel does not have.</summary>
    public static void Needs(int major, int minor) =>
        Assert.SkipUnless(Environment.OSVersion.Version >= new Version(major, minor), $"This is Linux {Environment.OSVersion.Version}; the test needs {major}.{minor}.");

    public static SubmissionEntry OnFile(Opcode opcode, FileStream file, ulong address, uint length, ulong offset) => new()
    {
        Opcode = opcode,
        Fd = (int)file.SafeFileHandle.DangerousGetHandle(),
        Address = address,
        Length = length,
        Offset = offset,
    };

    public static SubmissionEntry OnSocket(Opcode opcode, Socket socket, ushort flags) => new() { Opcode = opcode, Fd = (int)socket.Handle, IoPriority = flags };

    public static Socket Listen()
    {
        Socket listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        return listener;
    }

    public static FileStream TemporaryFile(int length)
    {
        FileStream file = new(Path.GetTempFileName(), FileMode.Open, FileAccess.ReadWrite, FileShare.None, 0, FileOptions.DeleteOnClose);
        file.SetLength(length);
        return file;
    }

    public static int MapErrno(int ring)
    {
        void* address = LibC.mmap(null, 4096, LibC.PROT_READ, LibC.MAP_SHARED, ring, 0);
        if (address == LibC.MAP_FAILED)
        {
            return LibC.errno;
        }

        Assert.Equal(0, LibC.munmap(address, 4096));
        return 0;
    }

    public static IoUringRecords.Params Setup(uint flags) => Setup(flags, out _);

    public static IoUringRecords.Params Setup(uint flags, out int errno)
    {
        IoUringRecords.Params parameters = new() { Flags = flags };
        int descriptor = LibC.io_uring_setup(8, (io_uring_params*)&parameters);
        errno = descriptor < 0 ? LibC.errno : 0;
        if (descriptor >= 0)
        {
            Assert.Equal(0, LibC.close(descriptor));
        }

        return parameters;
    }

    public static int SetupOpen(uint flags, out IoUringRecords.Params parameters)
    {
        IoUringRecords.Params record = new() { Flags = flags };
        int descriptor = LibC.io_uring_setup(8, (io_uring_params*)&record);
        Assert.True(descriptor >= 0);
        parameters = record;
        return descriptor;
    }

    public static int EnterErrno(int ring, uint flags, uint minimum, IoUringRecords.GetEventsArgument* argument)
    {
        long result = Libc.IoUringEnter(Libc.SYS_io_uring_enter, ring, 0, minimum, flags, argument, argument == null ? 0 : sizeof(IoUringRecords.GetEventsArgument));
        return result >= 0 ? 0 : Marshal.GetLastPInvokeError();
    }
}
