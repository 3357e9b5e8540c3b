namespace Dispatch;

/// <summary>One of the files that have had the followed name, in their order. Not open yet, it is known by the name that it has now.</summary>
internal sealed class TailFile
{
    /// <summary>Gets or sets the name in the directory, as far as events have told; null when it has none there.</summary>
    public string? Name { get; set; }

    /// <summary>Gets or sets what the halves of its move have in common, while the second has not come; else 0.</summary>
    public uint MovingCookie { get; set; }

    /// <summary>Gets or sets the open file, or null.</summary>
    public OwnedDescriptor? File { get; set; }

    /// <summary>Gets or sets the watch of its growth.</summary>
    public int Watch { get; set; } = -1;

    /// <summary>Gets or sets its number in its file system.</summary>
    public (long Device, long Inode) Identity { get; set; }

    /// <summary>Gets or sets where the next read begins.</summary>
    public long Offset { get; set; }
}
