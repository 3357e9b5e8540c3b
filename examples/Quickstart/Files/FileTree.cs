using System.IO.Enumeration;

namespace Dispatch.Examples.Quickstart;

/// <summary>The files under a directory. Links are not followed; a directory that cannot be listed is named, and its neighbours are listed all the same.</summary>
internal sealed class FileTree
{
    private static readonly EnumerationOptions Everything = new() { AttributesToSkip = 0, IgnoreInaccessible = false, ReturnSpecialDirectories = false };

    private readonly List<TreeFile> files = [];
    private readonly List<FileDigest> troubles = [];

    private FileTree()
    {
    }

    /// <summary>Gets what is neither a directory nor a link, in the order of the paths. Whether an empty one is a regular file remains to be asked.</summary>
    public IReadOnlyList<TreeFile> Files => files;

    /// <summary>Gets the directories that could not be listed, and the links.</summary>
    public IReadOnlyList<FileDigest> Troubles => troubles;

    /// <summary>Gets the size of all files together, in bytes.</summary>
    public long Bytes { get; private set; }

    /// <summary>Lists a directory and those in it. Blocks.</summary>
    /// <param name="directory">The directory; a link to one is followed, because the user named it.</param>
    /// <returns>What is there.</returns>
    public static FileTree List(string directory)
    {
        FileTree tree = new();
        string root = Path.GetFullPath(directory);
        Stack<string> unlisted = new([root]);
        while (unlisted.TryPop(out string? current))
        {
            try
            {
                tree.ListOne(root, current, unlisted);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                tree.troubles.Add(FileDigest.Failed(new TreeFile(Path.GetRelativePath(root, current), current, 0, default), e));
            }
        }

        tree.files.Sort((a, b) => string.CompareOrdinal(a.Path, b.Path));
        return tree;
    }

    private void ListOne(string root, string directory, Stack<string> unlisted)
    {
        foreach ((TreeFile file, FileAttributes attributes) in new FileSystemEnumerable<(TreeFile File, FileAttributes Attributes)>(directory, Describe, Everything))
        {
            if (attributes.HasFlag(FileAttributes.ReparsePoint))
            {
                troubles.Add(new FileDigest(file, FileOutcome.Skipped, Reason: "it is a link"));
            }
            else if (attributes.HasFlag(FileAttributes.Directory))
            {
                unlisted.Push(file.FullPath);
            }
            else
            {
                files.Add(file);
                Bytes += file.Length;
            }
        }

        (TreeFile File, FileAttributes Attributes) Describe(ref FileSystemEntry entry)
        {
            string path = entry.ToFullPath();
            return (new TreeFile(Path.GetRelativePath(root, path), path, entry.Length, entry.LastWriteTimeUtc), entry.Attributes);
        }
    }
}
