namespace Dispatch.Examples.HotLoop;

/// <summary>What was measured; the JSON has these names.</summary>
internal sealed record HotLoopReport
{
    public required double EmptyPollNs { get; init; }

    public required long EmptyPolls { get; init; }

    public required long EmptyPollEnters { get; init; }

    public required double NopRoundTripNs { get; init; }

    public required double NopInBatchNs { get; init; }

    public required Lateness TimerLateness { get; init; }

    public required double FileReadsPerSecond { get; init; }

    public required double FileReadsPerEnter { get; init; }

    public required Lateness MessageLatency { get; init; }
}
