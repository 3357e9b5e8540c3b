using Tmds.Linux;

namespace Dispatch;

/// <summary>What a descriptor is open for, and whether calls on it wait. Properties of the open file, so that every descriptor of it sees a change. <c>fcntl(2)</c>.</summary>
internal static class DescriptorMode
{
    /// <summary>Says what a descriptor is open for; for neither when it is closed.</summary>
    public static FileAccess AccessOf(int number)
    {
        int flags = LibC.fcntl(number, LibC.F_GETFL, 0);
        return flags < 0 ? 0 : (flags & LibC.O_ACCMODE) switch
        {
            0 => FileAccess.Read, // O_RDONLY, O_WRONLY, O_RDWR: numbers, not bits.
            1 => FileAccess.Write,
            _ => FileAccess.ReadWrite,
        };
    }

    /// <summary>Lets calls wait. Returns whether they did not before.</summary>
    public static bool MakeBlocking(int number)
    {
        int flags = LibC.fcntl(number, LibC.F_GETFL, 0);
        return flags >= 0 && (flags & LibC.O_NONBLOCK) != 0 && LibC.fcntl(number, LibC.F_SETFL, flags & ~LibC.O_NONBLOCK) == 0;
    }

    /// <summary>Lets calls fail with EAGAIN instead of waiting.</summary>
    public static void MakeNonBlocking(int number)
    {
        int flags = LibC.fcntl(number, LibC.F_GETFL, 0);
        if (flags >= 0)
        {
            _ = LibC.fcntl(number, LibC.F_SETFL, flags | LibC.O_NONBLOCK);
        }
    }
}
