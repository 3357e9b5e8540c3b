namespace Dispatch.Testing;

/// <summary>An open file or directory.</summary>
internal sealed class FileDescription : OpenDescription
{
    private const uint Append = 16;
    private const uint SyncFlags = 2 | 4;

    private readonly Inode inode;
    private long position;

    public FileDescription(SimulatedKernel kernel, Inode inode, int flags)
        : base(kernel)
    {
        this.inode = inode;
        Flags = flags;
        inode.Opens++;
    }

    /// <summary>Gets the file.</summary>
    public Inode Inode => inode;

    /// <inheritdoc/>
    public override PollEvents Readiness => PollEvents.Readable | PollEvents.Writable;

    /// <inheritdoc/>
    public override string Kind => inode.Kind == FileKind.Directory ? "directory" : "file";

    private bool IsDirect => (Flags & ProcessorFlags.Direct) != 0;

    /// <inheritdoc/>
    public override int Read(Span<byte> destination, long offset, uint flags)
    {
        if ((Flags & 3) == 1)
        {
            return -Errno.EBADF;
        }

        if (inode is not FileInode file)
        {
            return -Errno.EISDIR;
        }

        long at = offset == -1 ? position : offset;
        if (at < 0 || IsMisaligned(at, destination.Length))
        {
            return -Errno.EINVAL;
        }

        bool waits = IsDirect || (flags & (uint)ReadWriteFlags.NoWait) == 0;
        if (waits && Kernel.Faults.Strikes(FaultKind.DiskError))
        {
            return -Errno.EIO;
        }

        int length = IsDirect ? destination.Length : Kernel.Faults.ShortOf(destination.Length);
        int read = waits ? file.Read(destination[..length], at) : ReadResident(file, destination[..length], at);
        if (offset == -1)
        {
            position += Math.Max(0, read);
        }

        return read;
    }

    /// <inheritdoc/>
    public override int Write(ReadOnlySpan<byte> source, long offset, uint flags)
    {
        if ((Flags & 3) == 0)
        {
            return -Errno.EBADF;
        }

        FileInode file = (FileInode)inode;
        bool appends = (Flags & (int)OpenFlags.Append) != 0 || (flags & Append) != 0;
        long at = appends ? file.Length : offset == -1 ? position : offset;
        if (at < 0 || IsMisaligned(at, source.Length))
        {
            return -Errno.EINVAL;
        }

        if (Kernel.Faults.Strikes(FaultKind.DiskError))
        {
            return -Errno.EIO;
        }

        if (Kernel.Faults.Strikes(FaultKind.NoSpace))
        {
            return -Errno.ENOSPC;
        }

        int length = IsDirect ? source.Length : Kernel.Faults.ShortOf(source.Length);
        int written = file.Write(source[..length], at);
        if (written > 0 && offset == -1)
        {
            position = at + written;
        }

        return written > 0 && ((flags & SyncFlags) != 0 || (Flags & (int)OpenFlags.DataSync) != 0) ? SyncAfter(written) : written;
    }

    /// <summary>Makes lasting what was written. <c>fsync(2)</c>.</summary>
    public int Sync()
    {
        if (inode is FileInode file)
        {
            if (Kernel.Faults.Strikes(FaultKind.DiskError))
            {
                file.SyncInPart(Kernel.Chance);
                return -Errno.EIO;
            }

            file.Sync();
        }
        else if (Kernel.Faults.Strikes(FaultKind.DiskError))
        {
            return -Errno.EIO;
        }

        Kernel.Files.Commit(inode);
        return 0;
    }

    /// <summary>Allocates, frees or zeroes space. <c>fallocate(2)</c>.</summary>
    public int Allocate(long offset, long length, FileAllocationMode mode)
    {
        if (offset < 0 || length <= 0)
        {
            return -Errno.EINVAL; // Before anything else, as in Linux.
        }

        if ((Flags & 3) == 0)
        {
            return -Errno.EBADF;
        }

        if (inode is not FileInode file)
        {
            return -Errno.ENODEV;
        }

        if (Kernel.Faults.Strikes(FaultKind.NoSpace))
        {
            return -Errno.ENOSPC;
        }

        bool keepsSize = (mode & FileAllocationMode.KeepSize) != 0;
        switch (mode & ~FileAllocationMode.KeepSize)
        {
            case FileAllocationMode.PunchHole:
                if (!keepsSize)
                {
                    return -Errno.EOPNOTSUPP;
                }

                file.Zero(offset, length);
                return 0;
            case FileAllocationMode.Allocate or FileAllocationMode.ZeroRange:
                int result = file.Reserve(offset + length);
                if (result < 0)
                {
                    return result;
                }

                if ((mode & FileAllocationMode.ZeroRange) != 0)
                {
                    file.Zero(offset, length);
                }

                return keepsSize || offset + length <= file.Length ? 0 : file.SetLength(offset + length);
            default:
                return -Errno.EOPNOTSUPP;
        }
    }

    /// <summary>Takes advice. <c>posix_fadvise(2)</c>: clean pages that are not needed are dropped; what will be needed is none the sooner there.</summary>
    public int Advise(FileAdvice advice, long offset, long length)
    {
        if (advice is < FileAdvice.Normal or > FileAdvice.NoReuse || offset < 0)
        {
            return -Errno.EINVAL;
        }

        if (advice == FileAdvice.DontNeed && inode is FileInode file)
        {
            file.Drop(offset, length == 0 ? long.MaxValue : length);
        }

        return 0;
    }

    /// <summary>Sets the length. <c>ftruncate(2)</c>.</summary>
    public int SetLength(long length) => inode is not FileInode file || (Flags & 3) == 0 || length < 0 ? -Errno.EINVAL : file.SetLength(length);

    /// <inheritdoc/>
    protected override void OnReleased()
    {
        inode.Opens--;
        Kernel.Files.FreeIfUnused(inode);
    }

    private int ReadResident(FileInode file, Span<byte> destination, long offset)
    {
        if (destination.Length != 0 && Kernel.Faults.Strikes(FaultKind.PageDropped))
        {
            file.DropAt(offset + Kernel.Faults.Below(destination.Length));
        }

        return file.ReadResident(destination, offset);
    }

    private int SyncAfter(int written)
    {
        int result = Sync();
        return result < 0 ? result : written;
    }

    private bool IsMisaligned(long offset, int length) => IsDirect && (offset % FileSystem.SectorBytes != 0 || length % FileSystem.SectorBytes != 0);
}
