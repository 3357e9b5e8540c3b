namespace Dispatch.Testing;

/// <summary>One entry of a directory that changed, and what it was before.</summary>
internal readonly record struct NameChange(DirectoryInode Directory, string Name, Inode? Before, Inode? After);
