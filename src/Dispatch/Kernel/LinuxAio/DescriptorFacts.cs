using static Dispatch.AioAbi;

namespace Dispatch;

/// <summary>What has to be known of a descriptor before a call on it: asked each time, because a number may be another file's the next time. Any thread.</summary>
internal static unsafe class DescriptorFacts
{
    private const int TypeMask = 0xF000;
    private const int RegularFile = 0x8000;
    private const int BlockDevice = 0x6000;
    private const int Directory = 0x4000;
    private const int ModeOffset = 28; // stx_mode in struct statx
    private const uint WantType = 1;

    /// <summary>Gets the status flags of <c>fcntl(2)</c>, or a negative errno.</summary>
    public static int StatusFlags(int descriptor) => (int)SystemCall.Run(SystemCall.Control, descriptor, F_GETFL);

    /// <summary>Says whether calls on it wait for a disk at most, and cannot be polled for: regular files, block devices, directories.</summary>
    public static bool IsOfDisk(int descriptor) => TypeOf(descriptor) is RegularFile or BlockDevice or Directory;

    /// <summary>Says whether it is a directory.</summary>
    public static bool IsDirectory(int descriptor) => TypeOf(descriptor) == Directory;

    /// <summary>Says whether a socket is one whose sends and receives can be continued: a stream, not datagrams.</summary>
    public static bool IsStream(int descriptor)
    {
        int type = 0;
        int length = sizeof(int);
        return SystemCall.Run(SystemCall.SocketOption, descriptor, SOL_SOCKET, SO_TYPE, (long)&type, (long)&length) == 0 && type is SOCK_STREAM or SOCK_SEQPACKET;
    }

    /// <summary>Takes the pending error of a socket: 0, or a negative errno.</summary>
    public static int TakeError(int descriptor)
    {
        int error = 0;
        int length = sizeof(int);
        long result = SystemCall.Run(SystemCall.SocketOption, descriptor, SOL_SOCKET, SO_ERROR, (long)&error, (long)&length);
        return result < 0 ? (int)result : -error;
    }

    private static int TypeOf(int descriptor)
    {
        byte* record = stackalloc byte[256];
        byte empty = 0;
        long result = SystemCall.Run(SystemCall.Status, descriptor, (long)&empty, Libc.AT_EMPTY_PATH, WantType, (long)record);
        return result == 0 ? *(ushort*)(record + ModeOffset) & TypeMask : 0;
    }
}
