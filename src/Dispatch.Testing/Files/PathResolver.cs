namespace Dispatch.Testing;

/// <summary>Finds files by path: <c>path_resolution(7)</c>.</summary>
internal sealed class PathResolver(FileSystem files)
{
    private const int LongestName = 255;
    private const int LongestPath = 4095;
    private const int MostLinks = 40;

    /// <summary>Finds a file. The name's directory and last part are given also when the file does not exist, so that it can be made.</summary>
    public int Find(DirectoryInode start, string path, bool followLast, out PathTarget target)
    {
        int links = 0;
        return Find(start, path, followLast, ref links, out target);
    }

    private int Find(DirectoryInode start, string path, bool followLast, ref int links, out PathTarget target)
    {
        target = default;
        if (path.Length is 0 or > LongestPath)
        {
            return path.Length == 0 ? -Errno.ENOENT : -Errno.ENAMETOOLONG;
        }

        DirectoryInode directory = path[0] == '/' ? files.Root : start;
        string[] parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        bool mustBeDirectory = path[^1] == '/';
        for (int i = 0; i < parts.Length; i++)
        {
            string name = parts[i];
            bool isLast = i == parts.Length - 1;
            if (name.Length > LongestName)
            {
                return -Errno.ENAMETOOLONG;
            }

            if (name is "." or "..")
            {
                directory = name == "." ? directory : directory.Parent!;
                continue;
            }

            directory.Entries.TryGetValue(name, out Inode? found);
            if (found is LinkInode link && (!isLast || followLast || mustBeDirectory))
            {
                if (++links > MostLinks)
                {
                    return -Errno.ELOOP;
                }

                int result = Find(directory, link.Target, followLast: true, ref links, out PathTarget behind);
                if (result < 0 || isLast)
                {
                    target = behind;
                    return result;
                }

                found = behind.Inode;
            }

            if (isLast)
            {
                target = new PathTarget(directory, name, found, mustBeDirectory);
                return mustBeDirectory && found is not null and not DirectoryInode ? -Errno.ENOTDIR : 0;
            }

            if (found is null)
            {
                return -Errno.ENOENT;
            }

            if (found is not DirectoryInode next)
            {
                return -Errno.ENOTDIR;
            }

            directory = next;
        }

        target = new PathTarget(directory, null, directory, IsDirectory: true);
        return 0;
    }
}
