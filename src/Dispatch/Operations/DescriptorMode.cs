using Tmds.Linux;

namespace Dispatch;

/// <summary>What a descriptor is open for. <c>fcntl(2)</c>.</summary>
internal static class DescriptorMode
{
    /// <summary>Says what a descriptor is open for; for neither when it is closed.</summary>
    public static FileAccess AccessOf(KernelCalls calls, int number)
    {
        int flags = calls.GetFlags(number);
        return flags < 0 ? 0 : (flags & LibC.O_ACCMODE) switch
        {
            0 => FileAccess.Read, // O_RDONLY, O_WRONLY, O_RDWR: numbers, not bits.
            1 => FileAccess.Write,
            _ => FileAccess.ReadWrite,
        };
    }
}
