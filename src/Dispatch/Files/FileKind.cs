namespace Dispatch;

/// <summary>What kind of file it is: the type bits of <c>inode(7)</c>.</summary>
public enum FileKind
{
    /// <summary>The kernel did not say.</summary>
    Unknown = 0,

    /// <summary>A FIFO (named pipe).</summary>
    Fifo = 1,

    /// <summary>A character device.</summary>
    CharacterDevice = 2,

    /// <summary>A directory.</summary>
    Directory = 4,

    /// <summary>A block device.</summary>
    BlockDevice = 6,

    /// <summary>A regular file.</summary>
    Regular = 8,

    /// <summary>A symbolic link.</summary>
    SymbolicLink = 10,

    /// <summary>A socket.</summary>
    Socket = 12,
}
