using System.Buffers.Binary;

namespace Dispatch;

/// <summary>What the kernel knows about a file: the answer of <c>statx(2)</c>.</summary>
public sealed record FileStatus
{
    /// <summary>The size of the kernel's record, in bytes.</summary>
    public const int RecordBytes = 256;

    /// <summary>STATX_BASIC_STATS | STATX_BTIME | STATX_DIOALIGN.</summary>
    internal const uint WantedMask = 0x7ff | 0x800 | 0x2000;

    private const uint DirectIoAlignmentBit = 0x2000;
    private const uint BirthTimeBit = 0x800;

    /// <summary>Gets the size in bytes.</summary>
    public long Length { get; init; }

    /// <summary>Gets the space it takes, in bytes.</summary>
    public long AllocatedLength { get; init; }

    /// <summary>Gets what kind of file it is.</summary>
    public FileKind Kind { get; init; }

    /// <summary>Gets the permissions.</summary>
    public UnixFileMode Mode { get; init; }

    /// <summary>Gets the number of names.</summary>
    public int LinkCount { get; init; }

    /// <summary>Gets the number of the owning user.</summary>
    public int UserId { get; init; }

    /// <summary>Gets the number of the owning group.</summary>
    public int GroupId { get; init; }

    /// <summary>Gets the file's number in its file system.</summary>
    public long Inode { get; init; }

    /// <summary>Gets the number of the device it is on: major in the upper, minor in the lower half.</summary>
    public long Device { get; init; }

    /// <summary>Gets when it was last read.</summary>
    public DateTimeOffset LastAccess { get; init; }

    /// <summary>Gets when its content last changed.</summary>
    public DateTimeOffset LastWrite { get; init; }

    /// <summary>Gets when its metadata last changed.</summary>
    public DateTimeOffset LastChange { get; init; }

    /// <summary>Gets when it was made, where the file system keeps that.</summary>
    public DateTimeOffset? Created { get; init; }

    /// <summary>Gets the alignment in bytes that direct I/O asks of memory, 0 when direct I/O is not possible, or null when the kernel does not say (before Linux 6.1).</summary>
    public int? DirectMemoryAlignment { get; init; }

    /// <summary>Gets the alignment in bytes that direct I/O asks of offsets and lengths; see <see cref="DirectMemoryAlignment"/>.</summary>
    public int? DirectOffsetAlignment { get; init; }

    /// <summary>Reads the kernel's record.</summary>
    /// <param name="record">What an <see cref="IoRequest.Status"/> request wrote.</param>
    /// <returns>The same in words.</returns>
    public static FileStatus Parse(ReadOnlySpan<byte> record)
    {
        if (record.Length < RecordBytes)
        {
            throw new ArgumentException($"A record has {RecordBytes} bytes; {record.Length} were given.", nameof(record));
        }

        uint mask = BinaryPrimitives.ReadUInt32LittleEndian(record);
        ushort mode = BinaryPrimitives.ReadUInt16LittleEndian(record[28..]);
        bool direct = (mask & DirectIoAlignmentBit) != 0;
        return new FileStatus
        {
            LinkCount = (int)BinaryPrimitives.ReadUInt32LittleEndian(record[16..]),
            UserId = (int)BinaryPrimitives.ReadUInt32LittleEndian(record[20..]),
            GroupId = (int)BinaryPrimitives.ReadUInt32LittleEndian(record[24..]),
            Kind = (FileKind)(mode >> 12),
            Mode = (UnixFileMode)(mode & 0xfff),
            Inode = BinaryPrimitives.ReadInt64LittleEndian(record[32..]),
            Length = BinaryPrimitives.ReadInt64LittleEndian(record[40..]),
            AllocatedLength = BinaryPrimitives.ReadInt64LittleEndian(record[48..]) * 512,
            LastAccess = Time(record[64..]),
            Created = (mask & BirthTimeBit) != 0 ? Time(record[80..]) : null,
            LastChange = Time(record[96..]),
            LastWrite = Time(record[112..]),
            Device = ((long)BinaryPrimitives.ReadUInt32LittleEndian(record[136..]) << 32) | BinaryPrimitives.ReadUInt32LittleEndian(record[140..]),
            DirectMemoryAlignment = direct ? (int)BinaryPrimitives.ReadUInt32LittleEndian(record[152..]) : null,
            DirectOffsetAlignment = direct ? (int)BinaryPrimitives.ReadUInt32LittleEndian(record[156..]) : null,
        };
    }

    private static DateTimeOffset Time(ReadOnlySpan<byte> record) =>
        DateTimeOffset.UnixEpoch.AddTicks((BinaryPrimitives.ReadInt64LittleEndian(record) * TimeSpan.TicksPerSecond) + (BinaryPrimitives.ReadUInt32LittleEndian(record[8..]) / 100));
}
