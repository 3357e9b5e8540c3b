namespace Dispatch;

/// <summary>One change in a watched directory.</summary>
/// <param name="Kind">What has happened.</param>
/// <param name="Name">The name inside the directory; after a move, the new one. Null when there is none: the directory itself, an overflow, a move to elsewhere.</param>
/// <param name="OldName">Of a move, the name that it had; null when it came from elsewhere.</param>
/// <param name="IsDirectory">Whether it is about a directory.</param>
public readonly record struct FileChange(FileChangeKind Kind, string? Name, string? OldName = null, bool IsDirectory = false);
