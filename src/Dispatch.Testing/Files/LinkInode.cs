using System.Text;

namespace Dispatch.Testing;

/// <summary>A symbolic link.</summary>
internal sealed class LinkInode(FileSystem files, string target) : Inode(files, FileKind.SymbolicLink, 0x1ff)
{
    /// <summary>Gets where it leads.</summary>
    public string Target => target;

    /// <inheritdoc/>
    public override long Length => Encoding.UTF8.GetByteCount(target);
}
