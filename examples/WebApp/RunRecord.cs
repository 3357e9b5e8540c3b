using System.Text.Json;

namespace Dispatch.Examples.WebApp;

/// <summary>What a run has cost, for who compares runs.</summary>
internal sealed record RunRecord
{
    public required string Transport { get; init; }

    public required double CpuSeconds { get; init; }

    public required long AllocatedBytes { get; init; }

    public required IReadOnlyList<LoopStatistics> Loops { get; init; }

    public static RunRecord Take(WebTransport transport, IReadOnlyList<EventLoop> loops) => new()
    {
        Transport = transport.ToString().ToLowerInvariant(),
        CpuSeconds = Environment.CpuUsage.TotalTime.TotalSeconds,
        AllocatedBytes = GC.GetTotalAllocatedBytes(precise: true),
        Loops = [.. loops.Select(loop => loop.Statistics)],
    };

    public string ToJson() => JsonSerializer.Serialize(this, WebAppJson.Default.RunRecord);
}
