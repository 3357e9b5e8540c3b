using System.Runtime.InteropServices;

namespace Dispatch.Examples.KeyLookup;

/// <summary>Writes a table: the blocks in long pieces, some of them in flight at a time, and the header last, when the rest is on the device.</summary>
internal sealed class TableWriter(DispatchFile file, TableLayout layout)
{
    private const int PieceBlocks = 256;
    private const int Writers = 4;

    private int next = 1; // The header's block is written at the end.

    /// <summary>Writes it. On the owner of the file.</summary>
    /// <returns>A task that ends when all of it is on the device.</returns>
    public async Task WriteAsync()
    {
        await Task.WhenAll(Enumerable.Range(0, Writers).Select(_ => WritePiecesAsync()));
        await file.FlushAsync();
        using AlignedMemory header = AlignedMemory.Allocate(TableLayout.BlockBytes);
        MemoryMarshal.Write(header.GetSpan(), TableHeader.For(layout, ChecksumOfIndex()));
        await file.WriteAsync(header.Memory, 0);
        await file.FlushAsync();
    }

    private async Task WritePiecesAsync()
    {
        using AlignedMemory piece = AlignedMemory.Allocate(PieceBlocks * TableLayout.BlockBytes);
        while (next < layout.Blocks)
        {
            int first = next;
            int count = Math.Min(PieceBlocks, layout.Blocks - first);
            next += count;
            for (int i = 0; i < count; i++)
            {
                Fill(piece.GetSpan().Slice(i * TableLayout.BlockBytes, TableLayout.BlockBytes), first + i);
            }

            await file.WriteAsync(piece.Memory[..(count * TableLayout.BlockBytes)], (long)first * TableLayout.BlockBytes);
        }
    }

    private void Fill(Span<byte> block, int number)
    {
        block.Clear();
        int index = number - 1;
        if (index < layout.IndexBlocks)
        {
            Span<ulong> keys = MemoryMarshal.Cast<byte, ulong>(block);
            for (int i = 0; i < layout.KeysIn(index); i++)
            {
                keys[i] = TableRecord.KeyOf(((index * TableLayout.KeysPerBlock) + i) * TableLayout.RecordsPerBlock);
            }

            return;
        }

        int recordBlock = index - layout.IndexBlocks;
        Span<TableRecord> records = MemoryMarshal.Cast<byte, TableRecord>(block);
        for (int i = 0; i < layout.RecordsIn(recordBlock); i++)
        {
            records[i] = TableRecord.Of(TableRecord.KeyOf((recordBlock * TableLayout.RecordsPerBlock) + i));
        }
    }

    /// <summary>Of what the index should be: if it was written otherwise, the first use tells.</summary>
    private uint ChecksumOfIndex()
    {
        uint checksum = BlockChecksum.None;
        byte[] block = new byte[TableLayout.BlockBytes];
        for (int i = 0; i < layout.IndexBlocks; i++)
        {
            Fill(block, 1 + i);
            checksum = BlockChecksum.Add(checksum, block);
        }

        return checksum;
    }
}
