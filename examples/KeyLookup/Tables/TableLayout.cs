namespace Dispatch.Examples.KeyLookup;

/// <summary>
/// Where things are in a table file, all of it in blocks: one block of header; the index, 512 keys a block, each the first key of a block of records; the records, 128 a block, in the order of their keys. Numbers are little-endian.
/// </summary>
/// <param name="Records">How many records there are.</param>
internal readonly record struct TableLayout(int Records)
{
    /// <summary>The size of a block: what a device and the page cache read at the least.</summary>
    public const int BlockBytes = 4096;

    /// <summary>The size of a key.</summary>
    public const int KeyBytes = sizeof(ulong);

    /// <summary>How many keys an index block has.</summary>
    public const int KeysPerBlock = BlockBytes / KeyBytes;

    /// <summary>How many records a block of them has.</summary>
    public const int RecordsPerBlock = BlockBytes / TableRecord.Bytes;

    /// <summary>The greatest table: some 3 GB.</summary>
    public const int MostRecords = 100_000_000;

    /// <summary>Gets how many blocks of records there are.</summary>
    public int RecordBlocks => (Records + RecordsPerBlock - 1) / RecordsPerBlock;

    /// <summary>Gets how many index blocks there are.</summary>
    public int IndexBlocks => (RecordBlocks + KeysPerBlock - 1) / KeysPerBlock;

    /// <summary>Gets the number of blocks of the file.</summary>
    public int Blocks => 1 + IndexBlocks + RecordBlocks;

    /// <summary>Gets the length of the file in bytes.</summary>
    public long Length => (long)Blocks * BlockBytes;

    /// <summary>Tells where an index block is.</summary>
    public static long OffsetOfIndexBlock(int number) => (1L + number) * BlockBytes;

    /// <summary>Tells where a block of records is.</summary>
    public long OffsetOfRecordBlock(int number) => (1L + IndexBlocks + number) * BlockBytes;

    /// <summary>Tells how many keys an index block has.</summary>
    public int KeysIn(int indexBlock) => Math.Min(KeysPerBlock, RecordBlocks - (indexBlock * KeysPerBlock));

    /// <summary>Tells how many records a block has.</summary>
    public int RecordsIn(int recordBlock) => Math.Min(RecordsPerBlock, Records - (recordBlock * RecordsPerBlock));
}
