namespace Dispatch.Testing;

/// <summary>
/// A regular file twice: as programs see it (the page cache), and as it is on the disk. A write changes the first and marks its pages; a sync carries marked pages over. A crash leaves the second, with any of the
/// marked pages, whole or in part, because a kernel writes them back whenever it likes.
/// </summary>
internal sealed class FileInode(FileSystem files, int mode) : Inode(files, FileKind.Regular, mode)
{
    private const int Page = FileSystem.PageBytes;

    private readonly SortedSet<int> dirty = [];
    private readonly ResidentPages resident = new();
    private byte[] cached = [];
    private byte[] durable = [];
    private long length;
    private long durableLength;

    /// <inheritdoc/>
    public override long Length => length;

    /// <summary>Gets a value indicating whether a crash could lose something.</summary>
    public bool IsDirty => dirty.Count != 0 || length != durableLength;

    /// <summary>Reads what programs see.</summary>
    public int Read(Span<byte> destination, long offset)
    {
        if (offset >= length)
        {
            return 0;
        }

        int count = (int)Math.Min(destination.Length, length - offset);
        Copy(cached, offset, destination[..count]);
        resident.Add(offset, count);
        return count;
    }

    /// <summary>Reads what is in the page cache. −EAGAIN when the first byte is not.</summary>
    public int ReadResident(Span<byte> destination, long offset)
    {
        if (offset >= length || destination.Length == 0)
        {
            return 0;
        }

        int count = resident.Prefix(offset, (int)Math.Min(destination.Length, length - offset));
        return count == 0 ? -Errno.EAGAIN : Read(destination[..count], offset);
    }

    /// <summary>Drops the pages that lie whole within a range and are on the disk as they are.</summary>
    public void Drop(long offset, long count)
    {
        long end = Math.Min(length, count > long.MaxValue - offset ? long.MaxValue : offset + count);
        for (long page = (offset + Page - 1) / Page; page * Page < end && ((page + 1) * Page <= end || end == length); page++)
        {
            DropPage((int)page);
        }
    }

    /// <summary>Drops the page at an offset, if it is on the disk as it is.</summary>
    public void DropAt(long offset)
    {
        if (offset < length)
        {
            DropPage((int)(offset / Page));
        }
    }

    /// <summary>Writes. Returns how much there was room for, or −ENOSPC.</summary>
    public int Write(ReadOnlySpan<byte> source, long offset)
    {
        if (source.Length == 0)
        {
            return 0;
        }

        if (offset > int.MaxValue - source.Length)
        {
            return -Errno.EFBIG;
        }

        long room = Files.FreeBytes + cached.Length - offset;
        int count = (int)Math.Min(source.Length, room);
        if (count <= 0)
        {
            return -Errno.ENOSPC;
        }

        Grow(offset + count);
        source[..count].CopyTo(cached.AsSpan((int)offset));
        resident.Add(offset, count);
        length = Math.Max(length, offset + count);
        Mark(offset, count);
        return count;
    }

    /// <summary>Sets the length. Returns −ENOSPC when there is no room.</summary>
    public int SetLength(long value)
    {
        if (value > int.MaxValue)
        {
            return -Errno.EFBIG;
        }

        if (value < length)
        {
            cached.AsSpan((int)value, (int)(length - value)).Clear();
            Mark(value, (int)(length - value));
        }
        else if (value - cached.Length > Files.FreeBytes)
        {
            return -Errno.ENOSPC;
        }
        else
        {
            Grow(value);
        }

        length = value;
        Changed = Files.Kernel.Now;
        return 0;
    }

    /// <summary>Makes a range read as zeroes.</summary>
    public void Zero(long offset, long count)
    {
        long end = Math.Min(offset + count, length);
        if (offset < end)
        {
            cached.AsSpan((int)offset, (int)(end - offset)).Clear();
            Mark(offset, (int)(end - offset));
        }
    }

    /// <summary>Takes room on the disk without changing what is read.</summary>
    public int Reserve(long end)
    {
        if (end > int.MaxValue || end - cached.Length > Files.FreeBytes)
        {
            return -Errno.ENOSPC;
        }

        Grow(end);
        return 0;
    }

    /// <summary>Carries what is marked to the disk.</summary>
    public void Sync()
    {
        foreach (int page in dirty)
        {
            CarryPage(page, 0, Page);
        }

        dirty.Clear();
        durableLength = length;
    }

    /// <summary>A sync that failed: some pages were written, the others are given up, as Linux does. They are still in the cache, and will not be written again.</summary>
    public void SyncInPart(SeededRandom chance)
    {
        foreach (int page in dirty)
        {
            if (chance.Below(2) == 0)
            {
                CarryPage(page, 0, Page);
            }
        }

        dirty.Clear();
        durableLength = length;
    }

    /// <summary>The machine crashes: of what was not synced, each page is there, or not, or in part.</summary>
    public void Crash(SeededRandom chance)
    {
        long kept = chance.Below(2) == 0 ? durableLength : length;
        foreach (int page in dirty)
        {
            switch (chance.Below(3))
            {
                case 0:
                    CarryPage(page, 0, Page);
                    break;
                case 1:
                    int sectors = chance.Below((Page / FileSystem.SectorBytes) + 1);
                    CarryPage(page, 0, sectors * FileSystem.SectorBytes);
                    break;
            }
        }

        dirty.Clear();
        durableLength = kept;
        length = kept;
        Drop(0, length);
        Array.Clear(cached);
        Grow(length);
        Copy(durable, 0, cached.AsSpan(0, (int)length));
        CutDurable();
    }

    /// <summary>It has no name any more and nobody has it open: its room is free.</summary>
    public void Free()
    {
        Files.Account(-cached.Length);
        cached = [];
        durable = [];
        length = durableLength = 0;
        dirty.Clear();
    }

    private static void Copy(byte[] from, long offset, Span<byte> destination)
    {
        int there = (int)Math.Clamp(from.Length - offset, 0, destination.Length);
        from.AsSpan((int)Math.Min(offset, from.Length), there).CopyTo(destination);
        destination[there..].Clear();
    }

    private void DropPage(int page)
    {
        if (!dirty.Contains(page))
        {
            resident.Drop(page);
        }
    }

    private void CutDurable()
    {
        if (durable.Length > length)
        {
            durable.AsSpan((int)length).Clear();
        }
    }

    private void CarryPage(int page, int from, int bytes)
    {
        int start = (page * Page) + from;
        int end = Math.Min(start + bytes, cached.Length);
        if (start >= end)
        {
            return;
        }

        if (durable.Length < end)
        {
            Array.Resize(ref durable, cached.Length);
        }

        cached.AsSpan(start, end - start).CopyTo(durable.AsSpan(start));
    }

    private void Mark(long offset, int count)
    {
        Changed = Files.Kernel.Now;
        for (int page = (int)(offset / Page); page <= (int)((offset + count - 1) / Page); page++)
        {
            dirty.Add(page);
        }
    }

    private void Grow(long size)
    {
        if (size <= cached.Length)
        {
            return;
        }

        int rounded = (int)Math.Min(((size + Page - 1) / Page) * Page, int.MaxValue);
        int capacity = (int)Math.Min(Math.Max(rounded, Math.Min(cached.Length * 2L, cached.Length + Files.FreeBytes)), Array.MaxLength);
        Files.Account(capacity - cached.Length);
        Array.Resize(ref cached, capacity);
    }
}
