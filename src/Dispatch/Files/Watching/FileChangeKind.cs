namespace Dispatch;

/// <summary>What has happened in a watched directory, or to a watched file. A set: <see cref="DirectoryWatcher"/> is told which to report.</summary>
[Flags]
public enum FileChangeKind
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>A file, directory or link was created, or a file linked (IN_CREATE).</summary>
    Created = 1,

    /// <summary>A name was removed (IN_DELETE).</summary>
    Deleted = 2,

    /// <summary>A file's content was changed, or its length (IN_MODIFY).</summary>
    Modified = 4,

    /// <summary>A file that was open for writing was closed (IN_CLOSE_WRITE): what was written is whole, if one writer wrote it.</summary>
    Written = 8,

    /// <summary>Permissions, times, owner or number of links have changed (IN_ATTRIB).</summary>
    Attributes = 16,

    /// <summary>Something was renamed: inside the directory (<see cref="FileChange.OldName"/> and <see cref="FileChange.Name"/>), out of it (no new name), or into it (no old name). IN_MOVED_FROM, IN_MOVED_TO.</summary>
    Moved = 32,

    /// <summary>What is watched was itself removed or renamed. Always reported.</summary>
    Self = 64,

    /// <summary>The kernel's queue was full and events were lost (IN_Q_OVERFLOW): look for yourself. Always reported.</summary>
    Overflow = 128,

    /// <summary>Every kind.</summary>
    All = Created | Deleted | Modified | Written | Attributes | Moved | Self | Overflow,
}
