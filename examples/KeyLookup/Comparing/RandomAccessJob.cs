using System.Runtime.CompilerServices;
using Microsoft.Win32.SafeHandles;

namespace Dispatch.Examples.KeyLookup;

/// <summary>The same job with <see cref="RandomAccess"/>: as many asynchronous loops as lookups at a time, the same blocks, the same search, the same checks.</summary>
internal sealed class RandomAccessJob : ILookupJob, IDisposable
{
    private readonly TableFile table;
    private readonly SafeFileHandle file;
    private readonly Memory<byte>[] buffers;
    private int round;
    private int left;

    /// <summary>Initializes a new instance of the <see cref="RandomAccessJob"/> class.</summary>
    /// <param name="table">The table.</param>
    /// <param name="depth">Lookups at a time.</param>
    /// <param name="isDirect">Whether it is read from the device. Each such read holds a thread, so that the pool is told to have as many.</param>
    public RandomAccessJob(TableFile table, int depth, bool isDirect)
    {
        this.table = table;
        file = isDirect ? DirectHandle.Open(table.Path) : File.OpenHandle(table.Path, options: FileOptions.Asynchronous | FileOptions.RandomAccess);
        buffers = [.. Enumerable.Range(0, depth).Select(_ => AlignedBlock())];
        if (isDirect)
        {
            ThreadPool.GetMinThreads(out _, out int completion);
            ThreadPool.SetMinThreads(depth, completion);
        }
    }

    /// <inheritdoc/>
    public Task RunAsync(int lookups)
    {
        left = lookups;
        round++;
        return Task.WhenAll(buffers.Select((buffer, lane) => Task.Run(() => LookUpAsync(buffer, new KeySequence((round * 1024 * 1024) + lane, table.Layout.Records)))));
    }

    /// <inheritdoc/>
    public void Dispose() => file.Dispose();

    private static unsafe Memory<byte> AlignedBlock()
    {
        byte[] array = GC.AllocateArray<byte>(2 * TableLayout.BlockBytes, pinned: true);
        int start = (int)(-(long)(nint)Unsafe.AsPointer(ref array[0]) & (TableLayout.BlockBytes - 1));
        return array.AsMemory(start, TableLayout.BlockBytes);
    }

    private async Task LookUpAsync(Memory<byte> buffer, KeySequence keys)
    {
        while (Interlocked.Decrement(ref left) >= 0)
        {
            ulong key = keys.Next();
            int indexBlock = BlockSearch.LastNotGreater(table.Root, key);
            if (indexBlock < 0)
            {
                throw table.Lost(key);
            }

            long offset = TableLayout.OffsetOfIndexBlock(indexBlock);
            Verify(await RandomAccess.ReadAsync(file, buffer, offset), offset);

            int recordBlock = (indexBlock * TableLayout.KeysPerBlock) + BlockSearch.InIndex(buffer.Span, table.Layout.KeysIn(indexBlock), key);
            offset = table.Layout.OffsetOfRecordBlock(recordBlock);
            Verify(await RandomAccess.ReadAsync(file, buffer, offset), offset);
            if (BlockSearch.InRecords(buffer.Span, table.Layout.RecordsIn(recordBlock), key) is not { IsRight: true })
            {
                throw table.Lost(key);
            }
        }
    }

    private void Verify(int count, long offset)
    {
        if (count != TableLayout.BlockBytes)
        {
            throw table.Cut(offset);
        }
    }
}
