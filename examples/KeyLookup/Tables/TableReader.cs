using System.Runtime.InteropServices;

namespace Dispatch.Examples.KeyLookup;

/// <summary>Opens a table for the first time: checks its header, its length and its index.</summary>
internal static class TableReader
{
    private const int BatchBlocks = 64;

    /// <summary>Looks at a table. On a loop.</summary>
    /// <param name="path">The path.</param>
    /// <param name="layout">What it has to be.</param>
    /// <returns>The table.</returns>
    /// <exception cref="FileNotFoundException">There is none.</exception>
    /// <exception cref="InvalidDataException">It is damaged; the message says what to do.</exception>
    public static async Task<TableFile> OpenAsync(string path, TableLayout layout)
    {
        await using DispatchFile file = await DispatchFile.OpenAsync(path);
        byte[] header = new byte[TableLayout.BlockBytes];
        await ReadAsync(file, header, 0, path);
        (TableHeader found, string? fault) = TableHeader.Read(header, layout);
        long length = (await file.GetStatusAsync()).Length;
        fault ??= length == layout.Length ? null : $"it has {length} bytes instead of {layout.Length}";
        if (fault is not null)
        {
            throw TableFile.Damaged(path, fault);
        }

        ulong[] root = new ulong[layout.IndexBlocks];
        uint checksum = BlockChecksum.None;
        byte[] batch = new byte[BatchBlocks * TableLayout.BlockBytes];
        for (int first = 0; first < layout.IndexBlocks; first += BatchBlocks)
        {
            int count = Math.Min(BatchBlocks, layout.IndexBlocks - first);
            Memory<byte> blocks = batch.AsMemory(0, count * TableLayout.BlockBytes);
            await ReadAsync(file, blocks, TableLayout.OffsetOfIndexBlock(first), path);
            checksum = BlockChecksum.Add(checksum, blocks.Span);
            for (int i = 0; i < count; i++)
            {
                root[first + i] = MemoryMarshal.Read<ulong>(blocks.Span[(i * TableLayout.BlockBytes)..]);
            }
        }

        return checksum == found.IndexChecksum ? new TableFile(path, layout, root) : throw TableFile.Damaged(path, "the checksum of its index is wrong");
    }

    private static async Task ReadAsync(DispatchFile file, Memory<byte> buffer, long offset, string path)
    {
        while (!buffer.IsEmpty)
        {
            int count = await file.ReadAsync(buffer, offset);
            if (count == 0)
            {
                throw TableFile.Damaged(path, $"it ends at {offset}");
            }

            buffer = buffer[count..];
            offset += count;
        }
    }
}
