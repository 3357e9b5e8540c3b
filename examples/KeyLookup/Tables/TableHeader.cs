using System.Runtime.InteropServices;

namespace Dispatch.Examples.KeyLookup;

/// <summary>The beginning of a table file. It has a checksum of its own and that of the index; records are checked when they are found.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct TableHeader(ulong Magic, long Records, uint IndexChecksum, uint Checksum)
{
    private const ulong Word = 0x31454c4241545945; // "EYTABLE1"

    /// <summary>Makes the header of a table.</summary>
    /// <param name="layout">The table.</param>
    /// <param name="indexChecksum">The checksum of its index.</param>
    /// <returns>The header.</returns>
    public static TableHeader For(TableLayout layout, uint indexChecksum) => new(Word, layout.Records, indexChecksum, ChecksumOf(layout.Records, indexChecksum));

    /// <summary>Reads a header.</summary>
    /// <param name="block">The first block of the file.</param>
    /// <param name="expected">The table that it has to be.</param>
    /// <returns>The header, and what is wrong with it, or null.</returns>
    public static (TableHeader Header, string? Fault) Read(ReadOnlySpan<byte> block, TableLayout expected)
    {
        TableHeader header = MemoryMarshal.Read<TableHeader>(block);
        string? fault = header.Magic != Word ? "it does not begin as a table does"
            : header.Checksum != ChecksumOf(header.Records, header.IndexChecksum) ? "the checksum of its header is wrong"
            : header.Records != expected.Records ? $"it has {header.Records} records, and its name says {expected.Records}"
            : null;
        return (header, fault);
    }

    private static uint ChecksumOf(long records, uint indexChecksum) => BlockChecksum.Add(BlockChecksum.Add(BlockChecksum.None, (ulong)records), indexChecksum);
}
