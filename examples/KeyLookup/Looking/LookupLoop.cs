namespace Dispatch.Examples.KeyLookup;

/// <summary>The part of the job that one loop does: as many lookups at a time as were asked for. All of it belongs to that loop.</summary>
internal sealed class LookupLoop : IAsyncDisposable
{
    /// <summary>Up to so many lookups at a time, a block is looked for in the page cache before the ring is asked; beyond it, sending their reads together is cheaper.</summary>
    private const int FewLookups = 2;

    /// <summary>After so many lookups that did not have to wait, others have their turn: the loop may have more to do than this.</summary>
    private const int LookupsInARow = 64;

    private readonly EventLoop loop;
    private readonly TableFile file;
    private readonly KeyTable table;
    private readonly List<RegisteredBuffer> buffers = [];
    private readonly int number;
    private int round;
    private int left;

    private LookupLoop(EventLoop loop, TableFile file, KeyTable table, int number, int depth)
    {
        this.loop = loop;
        this.file = file;
        this.table = table;
        this.number = number;
        RegisteredBufferPool pool = loop.RegisterBuffers(depth, TableLayout.BlockBytes);
        while (pool.TryRent(out RegisteredBuffer? buffer))
        {
            buffers.Add(buffer);
        }
    }

    /// <summary>Gets how many blocks were read out of the page cache without a ring.</summary>
    public long CachedReads => table.CachedReads;

    /// <summary>Gets how many blocks were read through the ring.</summary>
    public long RingReads => table.RingReads;

    /// <summary>Opens the table on a loop.</summary>
    /// <param name="loop">The loop.</param>
    /// <param name="file">The table.</param>
    /// <param name="number">The loop's number, by which its keys are drawn.</param>
    /// <param name="depth">Lookups at a time.</param>
    /// <param name="isDirect">Whether the table is read from the device.</param>
    /// <returns>The part.</returns>
    public static Task<LookupLoop> CreateAsync(EventLoop loop, TableFile file, int number, int depth, bool isDirect) =>
        loop.InvokeAsync(async () => new LookupLoop(loop, file, await KeyTable.OpenAsync(file, isDirect, triesCache: !isDirect && depth <= FewLookups), number, depth));

    /// <summary>Makes so many lookups. From any thread, once at a time.</summary>
    /// <param name="count">How many.</param>
    /// <returns>A task that ends when all of them were right.</returns>
    public Task RunAsync(int count) => loop.InvokeAsync(() =>
    {
        left = count;
        round++;
        return Task.WhenAll(buffers.Select((buffer, lane) => LookUpAsync(buffer, new KeySequence((((round * 1024) + number) * 1024) + lane, file.Layout.Records))));
    });

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await loop.InvokeAsync(async () =>
    {
        buffers.ForEach(b => ((IDisposable)b).Dispose());
        await table.DisposeAsync();
    });

    /// <summary>Looks up, one key after the other. All steps of a lookup are in this one method, so that the lookups of a lane share one state machine, and none allocates its own.</summary>
    private async Task LookUpAsync(RegisteredBuffer buffer, KeySequence keys)
    {
        int inARow = 0;
        while (left > 0)
        {
            left--;
            ulong key = keys.Next();

            // Read the index: one await. This code goes on where it was, on the loop, when the block is here; between the two, the loop makes other lookups' steps.
            int indexBlock = table.FindIndexBlock(key);
            if (indexBlock < 0)
            {
                throw file.Lost(key);
            }

            ValueTask<int> reading = table.ReadIndexBlockAsync(indexBlock, buffer);
            inARow = reading.IsCompleted ? inARow + 1 : 0;
            Verify(await reading, TableLayout.OffsetOfIndexBlock(indexBlock));

            // Search it, and read what it names.
            int recordBlock = table.FindRecordBlock(indexBlock, buffer, key);
            Verify(await table.ReadRecordBlockAsync(recordBlock, buffer), file.Layout.OffsetOfRecordBlock(recordBlock));
            if (table.FindRecord(recordBlock, buffer, key) is not { IsRight: true })
            {
                throw file.Lost(key);
            }

            if (inARow == LookupsInARow)
            {
                inARow = 0;
                await Task.Yield();
            }
        }
    }

    /// <summary>Makes sure that a whole block was read, and that its reader is still at home.</summary>
    private void Verify(int count, long offset)
    {
        loop.VerifyAccess();
        if (count != TableLayout.BlockBytes)
        {
            throw file.Cut(offset);
        }
    }
}
