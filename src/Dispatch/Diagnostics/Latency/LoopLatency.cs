namespace Dispatch;

/// <summary>Where a loop's time goes: a snapshot of its histograms. Empty unless <see cref="EventLoopOptions.MeasureLatency"/> is set.</summary>
/// <param name="Requests">The kinds of requests that the loop has had, by name.</param>
/// <param name="Lag">How late the loop was: from seeing a completion to handing it to whoever waits for it, behind those before it; and, of a loop that slept, from a wake-up's being sent to the loop's running.</param>
/// <param name="Turns">How long turns took in which there was something to do. Whatever comes up in a turn waits for its end: the longest turn is the worst case of everything else.</param>
public sealed record LoopLatency(IReadOnlyList<RequestLatency> Requests, LatencyHistogram Lag, LatencyHistogram Turns)
{
    /// <summary>Gets what a loop has that measures nothing.</summary>
    public static LoopLatency Empty { get; } = new([], LatencyHistogram.Empty, LatencyHistogram.Empty);
}
