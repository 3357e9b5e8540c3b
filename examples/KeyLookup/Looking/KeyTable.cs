namespace Dispatch.Examples.KeyLookup;

/// <summary>A table open on a loop, and the steps of a lookup in it. They are made on that loop; any number of lookups may be between two of their steps, each with a buffer of its own.</summary>
internal sealed class KeyTable : IAsyncDisposable
{
    private readonly TableFile table;
    private readonly DispatchFile file;
    private readonly bool triesCache;

    private KeyTable(TableFile table, DispatchFile file, bool triesCache)
    {
        this.table = table;
        this.file = file;
        this.triesCache = triesCache;
    }

    /// <summary>Gets how many blocks were read out of the page cache without the ring.</summary>
    public long CachedReads { get; private set; }

    /// <summary>Gets how many blocks were read through the ring.</summary>
    public long RingReads { get; private set; }

    /// <summary>Opens a table on the calling loop.</summary>
    /// <param name="table">The table.</param>
    /// <param name="isDirect">Whether it is read from the device.</param>
    /// <param name="triesCache">
    /// Whether a block is first looked for in the page cache, by a system call of its own. That is the fastest for a lookup alone. With many of them on their way the ring is faster, cached or not: their reads go to the kernel
    /// together, in one call.
    /// </param>
    /// <returns>The table; dispose it.</returns>
    public static async Task<KeyTable> OpenAsync(TableFile table, bool isDirect, bool triesCache) =>
        new(table, await DispatchFile.OpenAsync(table.Path, new FileOpenOptions { Direct = isDirect }), triesCache);

    /// <summary>The first step: finds the index block of a key, or −1 when the table begins after it. No read.</summary>
    public int FindIndexBlock(ulong key) => BlockSearch.LastNotGreater(table.Root, key);

    /// <summary>The second: reads that block.</summary>
    public ValueTask<int> ReadIndexBlockAsync(int number, RegisteredBuffer buffer) => ReadAsync(buffer, TableLayout.OffsetOfIndexBlock(number));

    /// <summary>The third: searches it for the block of records.</summary>
    public int FindRecordBlock(int indexBlock, RegisteredBuffer read, ulong key) =>
        (indexBlock * TableLayout.KeysPerBlock) + BlockSearch.InIndex(read.GetSpan(), table.Layout.KeysIn(indexBlock), key);

    /// <summary>The fourth: reads that.</summary>
    public ValueTask<int> ReadRecordBlockAsync(int number, RegisteredBuffer buffer) => ReadAsync(buffer, table.Layout.OffsetOfRecordBlock(number));

    /// <summary>The last: finds the record, or null when there is none.</summary>
    public TableRecord? FindRecord(int recordBlock, RegisteredBuffer read, ulong key) => BlockSearch.InRecords(read.GetSpan(), table.Layout.RecordsIn(recordBlock), key);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => file.DisposeAsync();

    private ValueTask<int> ReadAsync(RegisteredBuffer buffer, long offset)
    {
        // Fewer bytes than a block: the rest is not in the cache.
        if (triesCache && file.TryReadCached(buffer.GetSpan(), offset, out int count) && count == TableLayout.BlockBytes)
        {
            CachedReads++;
            return new ValueTask<int>(count);
        }

        RingReads++;
        return file.ReadAsync(buffer, TableLayout.BlockBytes, offset);
    }
}
