namespace Dispatch.Examples.Worker;

/// <summary>What the command line asked for.</summary>
internal sealed record WorkerSettings
{
    public required string Spool { get; init; }

    public required string Segments { get; init; }

    public required long SegmentBytes { get; init; }

    public required int BatchFiles { get; init; }

    public required bool UntilEmpty { get; init; }
}
