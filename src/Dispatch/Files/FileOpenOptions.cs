namespace Dispatch;

/// <summary>How a <see cref="DispatchFile"/> is opened.</summary>
public sealed class FileOpenOptions
{
    /// <summary>Gets or sets what to do with an existing or a missing file. Default <see cref="FileMode.Open"/>.</summary>
    public FileMode Mode { get; set; } = FileMode.Open;

    /// <summary>Gets or sets what the file is opened for. Default <see cref="FileAccess.Read"/>.</summary>
    public FileAccess Access { get; set; } = FileAccess.Read;

    /// <summary>
    /// Gets or sets a value indicating whether reads and writes go past the page cache (O_DIRECT, <c>open(2)</c>). Memory, offsets and lengths must then be aligned; the file knows how, and
    /// refuses what is not, with the numbers. Default false.
    /// </summary>
    public bool Direct { get; set; }

    /// <summary>Gets or sets a value indicating whether every write waits until its data is on the device (O_DSYNC). Default false.</summary>
    public bool WriteThrough { get; set; }

    /// <summary>
    /// Gets or sets a value indicating whether a symbolic link at the end of the path is followed. When not, opening one fails (O_NOFOLLOW, ELOOP). Default true.
    /// </summary>
    public bool FollowLinks { get; set; } = true;

    /// <summary>
    /// Gets or sets a value indicating whether opening a FIFO waits for its peer, and reading one for its data. When not (O_NONBLOCK), both end at once, so that a path that may have become a FIFO holds nothing up. No
    /// difference for regular files. Default true.
    /// </summary>
    public bool WaitForPeer { get; set; } = true;

    /// <summary>Gets or sets the permissions of a file that is created, less the process's umask. Default read and write for owner, read for others.</summary>
    public UnixFileMode CreateMode { get; set; } = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    internal int ToFlags()
    {
        OpenFlags flags = Access switch
        {
            FileAccess.Read => OpenFlags.ReadOnly,
            FileAccess.Write => OpenFlags.WriteOnly,
            FileAccess.ReadWrite => OpenFlags.ReadWrite,
            _ => throw new ArgumentOutOfRangeException(nameof(Access), Access, "Access must be Read, Write or ReadWrite."),
        };
        flags |= OpenFlags.CloseOnExec;
        flags |= Mode switch
        {
            FileMode.Open => 0,
            FileMode.OpenOrCreate => OpenFlags.Create,
            FileMode.Create => OpenFlags.Create | OpenFlags.Truncate,
            FileMode.CreateNew => OpenFlags.Create | OpenFlags.Exclusive,
            FileMode.Truncate => OpenFlags.Truncate,
            FileMode.Append => OpenFlags.Create | OpenFlags.Append,
            _ => throw new ArgumentOutOfRangeException(nameof(Mode), Mode, "Mode is not one of FileMode's values."),
        };
        if (Access == FileAccess.Read && Mode is not (FileMode.Open or FileMode.OpenOrCreate))
        {
            throw new ArgumentException($"FileMode.{Mode} needs write access; Access is Read.", nameof(Mode));
        }

        flags |= (WriteThrough ? OpenFlags.DataSync : 0) | (WaitForPeer ? 0 : OpenFlags.NonBlocking);
        return (int)flags | (Direct ? ProcessorFlags.Direct : 0) | (FollowLinks ? 0 : ProcessorFlags.NoFollow);
    }
}
