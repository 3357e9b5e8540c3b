using Tmds.Linux;

namespace Dispatch;

/// <summary>Whether calls on a descriptor wait. A property of the open file, so that every descriptor of it sees a change. <c>fcntl(2)</c>.</summary>
internal static class DescriptorMode
{
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
