namespace Dispatch.Testing;

/// <summary>A directory: names in their order, so that a run does the same every time.</summary>
internal sealed class DirectoryInode(FileSystem files, int mode) : Inode(files, FileKind.Directory, mode)
{
    /// <summary>Gets the entries.</summary>
    public SortedDictionary<string, Inode> Entries { get; } = new(StringComparer.Ordinal);

    /// <summary>Gets or sets the directory above; the root's is itself.</summary>
    public DirectoryInode? Parent { get; set; }

    /// <inheritdoc/>
    public override long Length => FileSystem.PageBytes;
}
