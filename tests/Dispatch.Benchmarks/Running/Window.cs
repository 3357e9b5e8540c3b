namespace Dispatch.Benchmarks;

/// <summary>
/// What a contender did in one stretch of time. This is also the line of JSON with which a child process answers "run MS"; null is what
/// that child does not know.
/// </summary>
internal sealed record Window
{
    public required long Operations { get; init; }

    public required long WallNs { get; init; }

    public long? CpuNs { get; init; }

    public long? VoluntarySwitches { get; init; }

    public long? AllocatedBytes { get; init; }

    /// <summary>Gets the managed and locked memory that is kept, in bytes.</summary>
    public long? RetainedBytes { get; init; }

    public long? P50Ns { get; init; }

    public long? P99Ns { get; init; }

    public long? P999Ns { get; init; }
}
