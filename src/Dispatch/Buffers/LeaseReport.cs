namespace Dispatch;

/// <summary>What is held of a loop's receive buffers, at a time when nothing should be, or too much is. See <see cref="EventLoopOptions.TrackLeases"/>.</summary>
/// <param name="Loop">The loop.</param>
/// <param name="LoopEnds">Whether the loop has ended, so that what is held was forgotten; else a receive has found no buffer left, and what is held may be in use.</param>
/// <param name="Held">What is held, in the order in which it was taken.</param>
public sealed record LeaseReport(EventLoop Loop, bool LoopEnds, IReadOnlyList<HeldLease> Held);
