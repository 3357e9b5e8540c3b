namespace Dispatch.Testing;

/// <summary>
/// The files of the simulated machine. Names are journalled: a sync makes everything lasting that happened to names before the last change of the synced file or directory; a crash keeps what is lasting and, of the rest, the
/// older part up to some point. A change of two names at once, as a rename is, is kept or lost whole.
/// </summary>
internal sealed class FileSystem
{
    /// <summary>The size of a page, in bytes.</summary>
    public const int PageBytes = 4096;

    /// <summary>The size of a sector: the least that is written whole, and the alignment of direct I/O, in bytes.</summary>
    public const int SectorBytes = 512;

    private readonly List<NameChange[]> journal = [];
    private readonly long capacity;
    private long used;
    private long inodes;

    public FileSystem(SimulatedKernel kernel, long capacity)
    {
        Kernel = kernel;
        this.capacity = capacity;
        Root = new DirectoryInode(this, 0x1ed) { Links = 2 };
        Root.Parent = Root;
        Paths = new PathResolver(this);
        AddDirectory(Root, "tmp");
        Commit(null);
    }

    /// <summary>Gets the kernel.</summary>
    public SimulatedKernel Kernel { get; }

    /// <summary>Gets the directory at the top, which is also the current one.</summary>
    public DirectoryInode Root { get; }

    /// <summary>Gets what finds files by their names.</summary>
    public PathResolver Paths { get; }

    /// <summary>Gets how much room is left, in bytes.</summary>
    public long FreeBytes => capacity - used;

    /// <summary>Gets the next inode's number.</summary>
    public long NextInode() => ++inodes;

    /// <summary>Counts room that was taken, or given back.</summary>
    public void Account(long bytes) => used += bytes;

    /// <summary>Makes a directory.</summary>
    public DirectoryInode AddDirectory(DirectoryInode parent, string name, int mode = 0x1ed)
    {
        DirectoryInode made = new(this, mode) { Parent = parent, Links = 1 };
        Change(new NameChange(parent, name, null, made));
        return made;
    }

    /// <summary>Makes a file.</summary>
    public FileInode AddFile(DirectoryInode parent, string name, int mode)
    {
        FileInode made = new(this, mode);
        Change(new NameChange(parent, name, null, made));
        return made;
    }

    /// <summary>Changes one name or several, which then happened at once.</summary>
    public void Change(params NameChange[] changes)
    {
        foreach (NameChange change in changes)
        {
            Apply(change.Directory, change.Name, change.After);
        }

        journal.Add(changes);
    }

    /// <summary>Makes lasting what happened to names up to the last change of this one; of everything, if null.</summary>
    public void Commit(Inode? inode)
    {
        int last = journal.Count - 1;
        if (inode is not null)
        {
            last = journal.FindLastIndex(changes => Array.Exists(changes, c => ReferenceEquals(c.Directory, inode) || ReferenceEquals(c.After, inode) || ReferenceEquals(c.Before, inode)));
        }

        journal.RemoveRange(0, last + 1);
    }

    /// <summary>The machine crashes.</summary>
    public void Crash(SeededRandom chance)
    {
        int kept = chance.Below(journal.Count + 1);
        for (int i = journal.Count - 1; i >= kept; i--)
        {
            NameChange[] changes = journal[i];
            for (int j = changes.Length - 1; j >= 0; j--)
            {
                Apply(changes[j].Directory, changes[j].Name, changes[j].Before);
            }
        }

        journal.Clear();
        Crash(Root, chance, []);
    }

    /// <summary>Frees a file that has neither name nor reader.</summary>
    public void FreeIfUnused(Inode inode)
    {
        // One whose removal could still be undone by a crash keeps its content.
        if (inode is FileInode { Links: 0, Opens: 0 } file && !journal.Exists(changes => Array.Exists(changes, c => ReferenceEquals(c.Before, inode))))
        {
            file.Free();
        }
    }

    private static void Crash(DirectoryInode directory, SeededRandom chance, HashSet<Inode> seen)
    {
        foreach (Inode inode in directory.Entries.Values)
        {
            if (!seen.Add(inode))
            {
                continue; // It has two names.
            }

            if (inode is FileInode file)
            {
                file.Crash(chance);
            }
            else if (inode is DirectoryInode below)
            {
                Crash(below, chance, seen);
            }
        }
    }

    private static void Apply(DirectoryInode directory, string name, Inode? after)
    {
        if (directory.Entries.Remove(name, out Inode? before))
        {
            before.Links--;
        }

        if (after is not null)
        {
            directory.Entries.Add(name, after);
            after.Links++;
            if (after is DirectoryInode moved)
            {
                moved.Parent = directory;
            }
        }
    }
}
