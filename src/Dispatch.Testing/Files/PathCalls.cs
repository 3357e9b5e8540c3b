namespace Dispatch.Testing;

/// <summary>The calls that take paths: open, status, rename, unlink, and so on.</summary>
internal sealed class PathCalls(SimulatedKernel kernel)
{
    private const int CurrentDirectory = -100;
    private const int DirectoryFlagIntel = 0x10000;
    private const int DirectoryFlagArm = 0x4000;

    private readonly FileSystem files = kernel.Files;

    private static int DirectoryFlag => ProcessorFlags.Direct == DirectoryFlagIntel ? DirectoryFlagArm : DirectoryFlagIntel;

    /// <summary><c>openat(2)</c>. Returns a descriptor.</summary>
    public int Open(int directory, string path, int flags, int mode)
    {
        bool follows = (flags & ProcessorFlags.NoFollow) == 0;
        bool creates = (flags & (int)OpenFlags.Create) != 0;
        bool exclusive = creates && (flags & (int)OpenFlags.Exclusive) != 0;
        if (kernel.Descriptors.Count >= kernel.Options.DescriptorLimit || kernel.Faults.Strikes(FaultKind.NoDescriptors))
        {
            return -Errno.EMFILE;
        }

        int result = Find(directory, path, follows && !exclusive, out PathTarget target);
        if (result < 0)
        {
            return result;
        }

        Inode? inode = target.Inode;
        if (inode is null)
        {
            if (!creates || target.IsDirectory)
            {
                return creates ? -Errno.EISDIR : -Errno.ENOENT;
            }

            inode = files.AddFile(target.Directory, target.Name!, mode);
        }
        else if (exclusive)
        {
            return -Errno.EEXIST;
        }
        else if (inode is LinkInode)
        {
            return -Errno.ELOOP;
        }
        else if (inode is DirectoryInode && (creates || (flags & (3 | (int)OpenFlags.Truncate)) != 0))
        {
            return -Errno.EISDIR;
        }
        else if (inode is not DirectoryInode && (flags & DirectoryFlag) != 0)
        {
            return -Errno.ENOTDIR;
        }
        else if (inode is FileInode file && (flags & (int)OpenFlags.Truncate) != 0)
        {
            // Opened for reading, too.
            _ = file.SetLength(0);
        }

        return kernel.Descriptors.Add(new FileDescription(kernel, inode, flags));
    }

    /// <summary><c>statx(2)</c>.</summary>
    public int Status(int directory, string path, bool follows, bool allowEmpty, Span<byte> record)
    {
        if (path.Length == 0 && allowEmpty)
        {
            if (directory == CurrentDirectory)
            {
                files.Root.WriteStatus(record);
                return 0;
            }

            if (kernel.Descriptors.Find(directory) is not { } description)
            {
                return -Errno.EBADF;
            }

            if (description is FileDescription open)
            {
                open.Inode.WriteStatus(record);
            }
            else
            {
                record.Clear();
                record[0] = 1;
                record[29] = (byte)((description is SocketDescription ? (int)FileKind.Socket : (int)FileKind.Fifo) << 4);
            }

            return 0;
        }

        int result = Find(directory, path, follows, out PathTarget target);
        if (result < 0 || target.Inode is null)
        {
            return result < 0 ? result : -Errno.ENOENT;
        }

        target.Inode.WriteStatus(record);
        return 0;
    }

    /// <summary><c>unlinkat(2)</c>.</summary>
    public int Unlink(int directory, string path, bool isDirectory)
    {
        int result = Find(directory, path, follows: false, out PathTarget target);
        if (result < 0)
        {
            return result;
        }

        if (target.Inode is null || target.Name is null)
        {
            return target.Inode is null ? -Errno.ENOENT : -Errno.EBUSY;
        }

        if (target.Inode is DirectoryInode removed)
        {
            if (!isDirectory)
            {
                return -Errno.EISDIR;
            }

            if (removed.Entries.Count != 0)
            {
                return -Errno.ENOTEMPTY;
            }
        }
        else if (isDirectory)
        {
            return -Errno.ENOTDIR;
        }

        files.Change(new NameChange(target.Directory, target.Name, target.Inode, null));
        files.FreeIfUnused(target.Inode);
        return 0;
    }

    /// <summary><c>mkdirat(2)</c>.</summary>
    public int MakeDirectory(int directory, string path, int mode)
    {
        int result = Find(directory, path, follows: false, out PathTarget target);
        if (result < 0)
        {
            return result;
        }

        if (target.Inode is not null)
        {
            return -Errno.EEXIST;
        }

        files.AddDirectory(target.Directory, target.Name!, mode);
        return 0;
    }

    /// <summary><c>symlinkat(2)</c>.</summary>
    public int MakeSymbolicLink(string leadsTo, int directory, string path)
    {
        int result = Find(directory, path, follows: false, out PathTarget target);
        if (result < 0 || target.Inode is not null)
        {
            return result < 0 ? result : -Errno.EEXIST;
        }

        files.Change(new NameChange(target.Directory, target.Name!, null, new LinkInode(files, leadsTo)));
        return 0;
    }

    /// <summary><c>linkat(2)</c>.</summary>
    public int MakeLink(int fromDirectory, string from, int directory, string path)
    {
        int result = Find(fromDirectory, from, follows: false, out PathTarget source);
        if (result < 0 || source.Inode is null or DirectoryInode)
        {
            return result < 0 ? result : source.Inode is null ? -Errno.ENOENT : -Errno.EPERM;
        }

        result = Find(directory, path, follows: false, out PathTarget target);
        if (result < 0 || target.Inode is not null)
        {
            return result < 0 ? result : -Errno.EEXIST;
        }

        files.Change(new NameChange(target.Directory, target.Name!, null, source.Inode));
        return 0;
    }

    /// <summary><c>renameat2(2)</c>.</summary>
    public int Rename(int fromDirectory, string from, int directory, string path, RenameFlags flags)
    {
        int result = Find(fromDirectory, from, follows: false, out PathTarget source);
        if (result < 0)
        {
            return result;
        }

        result = Find(directory, path, follows: false, out PathTarget target);
        if (result < 0 || source.Inode is null)
        {
            return result < 0 ? result : -Errno.ENOENT; // The way to both is looked at first.
        }

        if (source.Name is null || target.Name is null)
        {
            return -Errno.EBUSY;
        }

        if (flags == RenameFlags.Exchange)
        {
            return target.Inode is null ? -Errno.ENOENT
                : IsInside(target.Directory, source.Inode) || IsInside(source.Directory, target.Inode) ? -Errno.EINVAL
                : Exchange(source, target);
        }

        if (flags == RenameFlags.None && ReferenceEquals(source.Inode, target.Inode))
        {
            return 0; // Two names of one thing, or the same name: nothing is done.
        }

        int refusal = WhyNotReplace(source.Inode, target, flags);
        if (refusal < 0)
        {
            return refusal;
        }

        files.Change(new NameChange(source.Directory, source.Name, source.Inode, null), new NameChange(target.Directory, target.Name, target.Inode, source.Inode));
        if (target.Inode is not null)
        {
            files.FreeIfUnused(target.Inode);
        }

        return 0;
    }

    private static bool IsInside(DirectoryInode directory, Inode inode)
    {
        for (DirectoryInode above = directory; ; above = above.Parent!)
        {
            if (ReferenceEquals(above, inode))
            {
                return true;
            }

            if (ReferenceEquals(above, above.Parent))
            {
                return false;
            }
        }
    }

    private static int WhyNotReplace(Inode moved, in PathTarget target, RenameFlags flags)
    {
        if (flags is not (RenameFlags.None or RenameFlags.NoReplace))
        {
            return -Errno.EINVAL;
        }

        if (IsInside(target.Directory, moved))
        {
            return -Errno.EINVAL; // Into itself.
        }

        return target.Inode switch
        {
            null => 0,
            _ when flags == RenameFlags.NoReplace => -Errno.EEXIST,
            DirectoryInode { Entries.Count: not 0 } when moved is DirectoryInode => -Errno.ENOTEMPTY,
            DirectoryInode when moved is not DirectoryInode => -Errno.EISDIR,
            not DirectoryInode when moved is DirectoryInode => -Errno.ENOTDIR,
            _ => 0,
        };
    }

    private int Exchange(in PathTarget source, in PathTarget target)
    {
        files.Change(
            new NameChange(source.Directory, source.Name!, source.Inode, null),
            new NameChange(target.Directory, target.Name!, target.Inode, source.Inode),
            new NameChange(source.Directory, source.Name!, null, target.Inode));
        return 0;
    }

    private int Find(int directory, string path, bool follows, out PathTarget target)
    {
        target = default;
        DirectoryInode start = files.Root;
        if (directory != CurrentDirectory && !path.StartsWith('/'))
        {
            OpenDescription? description = kernel.Descriptors.Find(directory);
            if (description is not FileDescription { Inode: DirectoryInode open })
            {
                return description is null ? -Errno.EBADF : -Errno.ENOTDIR;
            }

            start = open;
        }

        return kernel.Faults.Strikes(FaultKind.DiskError) ? -Errno.EIO : files.Paths.Find(start, path, follows, out target);
    }
}
