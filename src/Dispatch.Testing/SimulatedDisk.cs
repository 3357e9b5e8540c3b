namespace Dispatch.Testing;

/// <summary>The files of a simulated machine, as the script sees them: without faults, without a ring, and lasting, as if they had been there before. Paths begin with a slash; <c>/tmp</c> is there.</summary>
public sealed class SimulatedDisk
{
    private readonly SimulatedKernel kernel;

    internal SimulatedDisk(SimulatedKernel kernel) => this.kernel = kernel;

    private FileSystem Files => kernel.Files;

    /// <summary>Makes a file, or replaces its content. It outlives a crash.</summary>
    /// <param name="path">The path; its directory exists.</param>
    /// <param name="content">The content.</param>
    public void WriteFile(string path, ReadOnlySpan<byte> content)
    {
        lock (kernel.Gate)
        {
            PathTarget target = Find(path);
            FileInode file = target.Inode switch
            {
                null => Files.AddFile(target.Directory, target.Name!, 0x1b4),
                FileInode present => present,
                _ => throw new IOException($"'{path}' is no file."),
            };
            int result = file.SetLength(0);
            result = result < 0 ? result : file.Write(content, 0);
            if (result != content.Length)
            {
                throw new IOException($"'{path}' does not fit on the simulated disk.");
            }

            file.Sync();
            file.Drop(0, long.MaxValue); // Nobody has read it yet.
            Files.Commit(file);
        }
    }

    /// <summary>Reads a file as programs see it now.</summary>
    /// <param name="path">The path.</param>
    /// <returns>The content.</returns>
    public byte[] ReadFile(string path)
    {
        lock (kernel.Gate)
        {
            if (Find(path).Inode is not FileInode file)
            {
                throw new FileNotFoundException($"There is no file '{path}' on the simulated disk.", path);
            }

            byte[] content = new byte[file.Length];
            _ = file.Read(content, 0);
            return content;
        }
    }

    /// <summary>Says whether a file or a directory is there.</summary>
    /// <param name="path">The path.</param>
    /// <returns>Whether it is.</returns>
    public bool Exists(string path)
    {
        lock (kernel.Gate)
        {
            return Files.Paths.Find(Files.Root, path, followLast: true, out PathTarget target) == 0 && target.Inode is not null;
        }
    }

    /// <summary>Makes a directory, unless it is there. It outlives a crash.</summary>
    /// <param name="path">The path; the directory above exists.</param>
    public void MakeDirectory(string path)
    {
        lock (kernel.Gate)
        {
            PathTarget target = Find(path);
            if (target.Inode is null)
            {
                Files.Commit(Files.AddDirectory(target.Directory, target.Name!));
            }
        }
    }

    /// <summary>Lists the names in a directory, in order.</summary>
    /// <param name="path">The path.</param>
    /// <returns>The names.</returns>
    public IReadOnlyList<string> List(string path)
    {
        lock (kernel.Gate)
        {
            return Find(path).Inode is DirectoryInode directory
                ? [.. directory.Entries.Keys]
                : throw new DirectoryNotFoundException($"There is no directory '{path}' on the simulated disk.");
        }
    }

    private PathTarget Find(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        int result = Files.Paths.Find(Files.Root, path, followLast: true, out PathTarget target);
        return result == 0 ? target : throw ErrorMap.ForFile("open", result, path);
    }
}
