namespace Dispatch.Examples.KeyLookup;

/// <summary>What was done; the JSON has these names.</summary>
internal sealed record LookupSummary
{
    public required int Records { get; init; }

    public required int Loops { get; init; }

    public required int Depth { get; init; }

    public required bool Direct { get; init; }

    /// <summary>Gets how many lookups there were that count; every one of them found its record, checked, on the loop that it had begun on.</summary>
    public required long Lookups { get; init; }

    /// <summary>Gets how many blocks were read out of the page cache without a ring, those before the measurement included.</summary>
    public required long CachedReads { get; init; }

    /// <summary>Gets how many blocks were read through a ring.</summary>
    public required long RingReads { get; init; }

    /// <summary>Gets what lookups cost on event loops.</summary>
    public required Cost Dispatch { get; init; }

    /// <summary>Gets what they cost with RandomAccess, if that was asked for.</summary>
    public Cost? RandomAccess { get; init; }

    /// <summary>Makes the lookups, and measures them.</summary>
    /// <param name="job">The job.</param>
    /// <param name="options">The options.</param>
    /// <returns>The summary.</returns>
    public static async Task<LookupSummary> MeasureAsync(LookupJob job, KeyLookupOptions options) => Of(job, options, await Cost.OfAsync(job, options.Lookups));

    /// <summary>Sums up.</summary>
    /// <param name="job">The job.</param>
    /// <param name="options">The options.</param>
    /// <param name="cost">What it cost.</param>
    /// <returns>The summary.</returns>
    public static LookupSummary Of(LookupJob job, KeyLookupOptions options, Cost cost) => new()
    {
        Records = options.Records,
        Loops = job.LoopCount,
        Depth = options.Depth,
        Direct = options.IsDirect,
        Lookups = cost.Lookups,
        CachedReads = job.CachedReads,
        RingReads = job.RingReads,
        Dispatch = cost,
    };
}
