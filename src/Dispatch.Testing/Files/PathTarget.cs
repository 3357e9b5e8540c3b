namespace Dispatch.Testing;

/// <summary>What a path leads to: the directory and name, and the file when there is one. The name is null for a path that ends in a directory itself (<c>/</c>, <c>..</c>).</summary>
internal readonly record struct PathTarget(DirectoryInode Directory, string? Name, Inode? Inode, bool IsDirectory);
