namespace Dispatch.AspNetCore;

/// <summary>A turn that took too long.</summary>
/// <param name="Loop">The loop that was held up.</param>
/// <param name="Began">When the turn began.</param>
/// <param name="Milliseconds">How long it took, or has taken so far.</param>
/// <param name="HasEnded">Whether it has ended.</param>
/// <param name="Kind">What the loop was handing over.</param>
/// <param name="Callback">The code that it was handed to, where that is known.</param>
/// <param name="Details">Where the thread was, in some lines, where that is known.</param>
internal sealed record LiveStall(string Loop, DateTimeOffset Began, double Milliseconds, bool HasEnded, string Kind, string? Callback, string? Details)
{
    private const int Most = 12;

    /// <summary>Describes the last stalls of a dispatcher.</summary>
    public static IReadOnlyList<LiveStall> Of(Dispatcher dispatcher) => [.. dispatcher.RecentStalls.Take(Most).Select(Of)];

    private static LiveStall Of(LoopStall stall)
    {
        string details = string.Join('\n', new[] { stall.KernelState, stall.WaitsAt }.Where(s => !string.IsNullOrWhiteSpace(s)));
        return new LiveStall(stall.Loop.Name, stall.Began, stall.Elapsed.TotalMilliseconds, stall.HasEnded, stall.Kind, stall.Callback, details.Length == 0 ? null : details);
    }
}
