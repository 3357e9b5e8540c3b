namespace Dispatch.Examples.KeyLookup;

/// <summary>The job on a loop beside the same with <see cref="RandomAccess"/>, on one CPU, by turns.</summary>
internal static class Comparison
{
    private const int Rounds = 6;

    /// <summary>Runs both.</summary>
    /// <param name="job">The job on a loop.</param>
    /// <param name="table">The table.</param>
    /// <param name="options">The options.</param>
    /// <returns>What came out.</returns>
    public static async Task<LookupSummary> RunAsync(LookupJob job, TableFile table, KeyLookupOptions options)
    {
        using RandomAccessJob other = new(table, options.Depth, options.IsDirect);
        ILookupJob[] sides = [job, other];
        Cost[] sums = new Cost[sides.Length];
        int each = Math.Max(1, options.Lookups / Rounds);
        foreach (ILookupJob side in sides)
        {
            await side.RunAsync(each); // So that both are compiled, and neither is the one that fills the page cache.
        }

        for (int round = 0; round < Rounds; round++)
        {
            for (int i = 0; i < sides.Length; i++)
            {
                int side = (i + round) % sides.Length; // They begin by turns.
                sums[side] += await Cost.OfAsync(sides[side], each);
            }
        }

        return LookupSummary.Of(job, options, sums[0]) with { RandomAccess = sums[1] };
    }
}
