using System.Buffers.Binary;
using System.IO.Hashing;

namespace Dispatch.Examples.Worker.Segments;

/// <summary>
/// What stands before a record in a segment: a mark, the lengths of name and content, and a checksum over all of it. After it come the name, in UTF-8, and the content.
/// </summary>
internal readonly record struct RecordHeader(int NameLength, int ContentLength, ulong Checksum)
{
    public const int Size = 24;
    public const int MaxNameLength = 255; // What Linux allows a name in a directory to have.
    public const int MaxContentLength = 64 << 20;

    private const uint Mark = 0x43455244; // "DREC"
    private const int Covered = 16; // The checksum covers what stands before it, too: a length that was torn is found as well.

    /// <summary>Gets the length of the whole record in bytes.</summary>
    public long RecordLength => (long)Size + NameLength + ContentLength;

    /// <summary>Writes a record's header and name.</summary>
    public static byte[] Write(ReadOnlySpan<byte> name, ReadOnlySpan<byte> content)
    {
        byte[] start = new byte[Size + name.Length];
        BinaryPrimitives.WriteUInt32LittleEndian(start, Mark);
        BinaryPrimitives.WriteInt32LittleEndian(start.AsSpan(4), name.Length);
        BinaryPrimitives.WriteInt32LittleEndian(start.AsSpan(8), content.Length);
        name.CopyTo(start.AsSpan(Size));
        BinaryPrimitives.WriteUInt64LittleEndian(start.AsSpan(Covered), Sum(start.AsSpan(0, Covered), name, content));
        return start;
    }

    /// <summary>Reads a header. False when there is none: the place where a segment ends, or was torn.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out RecordHeader header)
    {
        header = default;
        if (bytes.Length < Size || BinaryPrimitives.ReadUInt32LittleEndian(bytes) != Mark)
        {
            return false;
        }

        header = new RecordHeader(
            BinaryPrimitives.ReadInt32LittleEndian(bytes[4..]),
            BinaryPrimitives.ReadInt32LittleEndian(bytes[8..]),
            BinaryPrimitives.ReadUInt64LittleEndian(bytes[Covered..]));
        return header.NameLength is > 0 and <= MaxNameLength && header.ContentLength is >= 0 and <= MaxContentLength;
    }

    /// <summary>Says whether a whole record is as it was written.</summary>
    public bool Matches(ReadOnlySpan<byte> record) =>
        record.Length == RecordLength && Sum(record[..Covered], record.Slice(Size, NameLength), record[(Size + NameLength)..]) == Checksum;

    private static ulong Sum(ReadOnlySpan<byte> start, ReadOnlySpan<byte> name, ReadOnlySpan<byte> content)
    {
        XxHash3 hash = new();
        hash.Append(start);
        hash.Append(name);
        hash.Append(content);
        return hash.GetCurrentHashAsUInt64();
    }
}
