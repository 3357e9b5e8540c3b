using System.Text.Json.Serialization;
using HdrHistogram;

namespace Dispatch.Examples.Quickstart;

/// <summary>What one loop did for the job, or all of them together.</summary>
internal sealed record LoopReport
{
    private const double NanosecondsPerMicrosecond = 1000;

    public required string Loop { get; init; }

    public required long Files { get; init; }

    public required long Bytes { get; init; }

    public required long Requests { get; init; }

    public required long Completions { get; init; }

    public required long CompletionsOnOwner { get; init; }

    public required long HandOffs { get; init; }

    public required long Enters { get; init; }

    public double CompletionsPerEnter => Enters == 0 ? 0 : Math.Round((double)Completions / Enters, 2);

    public double P50Us => Latencies.TotalCount == 0 ? 0 : Latencies.GetValueAtPercentile(50) / NanosecondsPerMicrosecond;

    public double P99Us => Latencies.TotalCount == 0 ? 0 : Latencies.GetValueAtPercentile(99) / NanosecondsPerMicrosecond;

    [JsonIgnore]
    public LongHistogram Latencies { get; init; } = new(LoopMeter.LongestNanoseconds, LoopMeter.Digits);

    /// <summary>Adds reports up.</summary>
    /// <param name="loops">The reports.</param>
    /// <returns>Their sum.</returns>
    public static LoopReport Total(IReadOnlyList<LoopReport> loops)
    {
        LongHistogram latencies = new(LoopMeter.LongestNanoseconds, LoopMeter.Digits);
        foreach (LoopReport loop in loops)
        {
            latencies.Add(loop.Latencies);
        }

        return new LoopReport
        {
            Loop = "all",
            Files = loops.Sum(l => l.Files),
            Bytes = loops.Sum(l => l.Bytes),
            Requests = loops.Sum(l => l.Requests),
            Completions = loops.Sum(l => l.Completions),
            CompletionsOnOwner = loops.Sum(l => l.CompletionsOnOwner),
            HandOffs = loops.Sum(l => l.HandOffs),
            Enters = loops.Sum(l => l.Enters),
            Latencies = latencies,
        };
    }
}
