using System.Buffers.Binary;

namespace Dispatch.Testing;

/// <summary>A file, directory or symbolic link, however many names it has.</summary>
internal abstract class Inode(FileSystem files, FileKind kind, int mode)
{
    private const uint Mask = FileStatus.WantedMask;

    /// <summary>Gets the file system.</summary>
    public FileSystem Files => files;

    /// <summary>Gets what it is.</summary>
    public FileKind Kind => kind;

    /// <summary>Gets its number.</summary>
    public long Number { get; } = files.NextInode();

    /// <summary>Gets its permissions.</summary>
    public int Mode { get; } = mode & 0xfff;

    /// <summary>Gets or sets how many names it has.</summary>
    public int Links { get; set; }

    /// <summary>Gets or sets how many open files refer to it.</summary>
    public int Opens { get; set; }

    /// <summary>Gets its length in bytes.</summary>
    public abstract long Length { get; }

    /// <summary>Gets when it was made.</summary>
    protected long Created { get; } = files.Kernel.Now;

    /// <summary>Gets or sets when its content last changed.</summary>
    protected long Changed { get; set; } = files.Kernel.Now;

    /// <summary>Writes the record of <c>statx(2)</c>, 256 bytes.</summary>
    public void WriteStatus(Span<byte> record)
    {
        record.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(record, Mask);
        BinaryPrimitives.WriteUInt32LittleEndian(record[4..], FileSystem.PageBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(record[16..], (uint)Links);
        BinaryPrimitives.WriteUInt16LittleEndian(record[28..], (ushort)(((int)Kind << 12) | Mode));
        BinaryPrimitives.WriteInt64LittleEndian(record[32..], Number);
        BinaryPrimitives.WriteInt64LittleEndian(record[40..], Length);
        BinaryPrimitives.WriteInt64LittleEndian(record[48..], (Length + FileSystem.PageBytes - 1) / FileSystem.PageBytes * (FileSystem.PageBytes / 512));
        WriteTime(record[64..], Changed);
        WriteTime(record[80..], Created);
        WriteTime(record[96..], Changed);
        WriteTime(record[112..], Changed);
        BinaryPrimitives.WriteUInt32LittleEndian(record[136..], 8);
        if (Kind == FileKind.Regular)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(record[152..], FileSystem.SectorBytes);
            BinaryPrimitives.WriteUInt32LittleEndian(record[156..], FileSystem.SectorBytes);
        }
    }

    private static void WriteTime(Span<byte> record, long nanoseconds)
    {
        long time = VirtualClock.EpochNanoseconds + nanoseconds;
        BinaryPrimitives.WriteInt64LittleEndian(record, time / 1_000_000_000);
        BinaryPrimitives.WriteUInt32LittleEndian(record[8..], (uint)(time % 1_000_000_000));
    }
}
