namespace Dispatch.Examples.KeyLookup;

/// <summary>The part of the job that one loop does: as many lookups at a time as were asked for. All of it belongs to that loop.</summary>
internal sealed class LookupLoop : IAsyncDisposable
{
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

    /// <summary>Gets how many blocks were read out of the page cache at once.</summary>
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
        loop.InvokeAsync(async () => new LookupLoop(loop, file, await KeyTable.OpenAsync(file, isDirect), number, depth));

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

    private async Task LookUpAsync(RegisteredBuffer buffer, KeySequence keys)
    {
        int inARow = 0;
        while (left > 0)
        {
            left--;
            ulong key = keys.Next();
            ValueTask<TableRecord?> finding = table.FindAsync(key, buffer);
            inARow = finding.IsCompleted ? inARow + 1 : 0;
            if (await finding is not { IsRight: true } record || record.Key != key)
            {
                throw file.Lost(key);
            }

            loop.VerifyAccess(); // Wherever the record came from, we are at home.
            if (inARow == LookupsInARow)
            {
                inARow = 0;
                await Task.Yield();
            }
        }
    }
}
