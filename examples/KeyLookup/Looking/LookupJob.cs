namespace Dispatch.Examples.KeyLookup;

/// <summary>The job on event loops: each has the table open for itself, and its share of the lookups.</summary>
internal sealed class LookupJob : ILookupJob, IAsyncDisposable
{
    private readonly LookupLoop[] loops;

    private LookupJob(LookupLoop[] loops) => this.loops = loops;

    /// <summary>Gets how many blocks were read out of the page cache without a ring.</summary>
    public long CachedReads => loops.Sum(l => l.CachedReads);

    /// <summary>Gets how many blocks were read through a ring.</summary>
    public long RingReads => loops.Sum(l => l.RingReads);

    /// <summary>Gets how many loops there are.</summary>
    public int LoopCount => loops.Length;

    /// <summary>Opens the table on every loop.</summary>
    /// <param name="dispatcher">The loops.</param>
    /// <param name="table">The table.</param>
    /// <param name="depth">Lookups at a time, of each loop.</param>
    /// <param name="isDirect">Whether it is read from the device.</param>
    /// <returns>The job.</returns>
    public static async Task<LookupJob> CreateAsync(Dispatcher dispatcher, TableFile table, int depth, bool isDirect) =>
        new(await Task.WhenAll(dispatcher.Loops.Select((loop, number) => LookupLoop.CreateAsync(loop, table, number, depth, isDirect))));

    /// <inheritdoc/>
    public Task RunAsync(int lookups) =>
        Task.WhenAll(loops.Select((loop, number) => loop.RunAsync((int)(((number + 1L) * lookups / loops.Length) - ((long)number * lookups / loops.Length)))));

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (LookupLoop loop in loops)
        {
            await loop.DisposeAsync();
        }
    }
}
