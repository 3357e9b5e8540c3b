namespace Dispatch.AspNetCore;

/// <summary>A dispatcher in a frame.</summary>
/// <param name="Loops">Its loops.</param>
/// <param name="IsMeasured">Whether it measures latency.</param>
/// <param name="Latency">Where requests spent their time lately, over all loops.</param>
internal sealed record LiveDispatcher(IReadOnlyList<LiveLoop> Loops, bool IsMeasured, IReadOnlyList<LiveLatency> Latency);
