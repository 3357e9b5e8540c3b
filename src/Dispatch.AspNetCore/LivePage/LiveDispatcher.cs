namespace Dispatch.AspNetCore;

/// <summary>A dispatcher in a frame.</summary>
/// <param name="Loops">Its loops.</param>
/// <param name="IsMeasured">Whether it measures latency.</param>
/// <param name="Latency">Where requests spent their time lately, over all loops.</param>
/// <param name="IsWatched">Whether it looks for stalls.</param>
/// <param name="Stalls">The last stalls, newest first.</param>
internal sealed record LiveDispatcher(IReadOnlyList<LiveLoop> Loops, bool IsMeasured, IReadOnlyList<LiveLatency> Latency, bool IsWatched, IReadOnlyList<LiveStall> Stalls);
