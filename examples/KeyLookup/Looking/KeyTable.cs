using System.Runtime.CompilerServices;

namespace Dispatch.Examples.KeyLookup;

/// <summary>A table open on a loop. Lookups are made on that loop, any number of them at a time, each with a buffer of its own.</summary>
internal sealed class KeyTable : IAsyncDisposable
{
    private readonly TableFile table;
    private readonly DispatchFile file;
    private readonly bool isDirect;

    private KeyTable(TableFile table, DispatchFile file, bool isDirect)
    {
        this.table = table;
        this.file = file;
        this.isDirect = isDirect;
    }

    /// <summary>Gets how many blocks were read out of the page cache at once.</summary>
    public long CachedReads { get; private set; }

    /// <summary>Gets how many blocks were read through the ring.</summary>
    public long RingReads { get; private set; }

    /// <summary>Opens a table on the calling loop.</summary>
    /// <param name="table">The table.</param>
    /// <param name="isDirect">Whether it is read from the device.</param>
    /// <returns>The table; dispose it.</returns>
    public static async Task<KeyTable> OpenAsync(TableFile table, bool isDirect) =>
        new(table, await DispatchFile.OpenAsync(table.Path, new FileOpenOptions { Direct = isDirect }), isDirect);

    /// <summary>Looks a key up. Allocates nothing, whether it has to wait or not.</summary>
    /// <param name="key">The key.</param>
    /// <param name="buffer">A block of memory, not used by anything else meanwhile.</param>
    /// <returns>Its record, or null when there is none.</returns>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<TableRecord?> FindAsync(ulong key, RegisteredBuffer buffer)
    {
        int indexBlock = BlockSearch.LastNotGreater(table.Root, key);
        if (indexBlock < 0)
        {
            return null; // Before the first.
        }

        await ReadBlockAsync(buffer, TableLayout.OffsetOfIndexBlock(indexBlock));

        // The block is here, and so is this code: on the loop that asked for it.
        int place = BlockSearch.InIndex(buffer.GetSpan(), table.Layout.KeysIn(indexBlock), key);
        int recordBlock = (indexBlock * TableLayout.KeysPerBlock) + place;
        await ReadBlockAsync(buffer, table.Layout.OffsetOfRecordBlock(recordBlock));
        return BlockSearch.InRecords(buffer.GetSpan(), table.Layout.RecordsIn(recordBlock), key);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => file.DisposeAsync();

    /// <summary>Most blocks are in memory already: those are not worth a trip through the ring.</summary>
    private ValueTask ReadBlockAsync(RegisteredBuffer buffer, long offset)
    {
        if (!isDirect && file.TryReadCached(buffer.GetSpan(), offset, out int count) && count == TableLayout.BlockBytes)
        {
            CachedReads++;
            return ValueTask.CompletedTask;
        }

        return ReadThroughRingAsync(buffer, offset);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask ReadThroughRingAsync(RegisteredBuffer buffer, long offset)
    {
        RingReads++;
        int count = await file.ReadAsync(buffer, TableLayout.BlockBytes, offset);
        if (count != TableLayout.BlockBytes)
        {
            throw table.Cut(offset);
        }
    }
}
