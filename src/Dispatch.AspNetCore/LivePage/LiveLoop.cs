namespace Dispatch.AspNetCore;

/// <summary>A loop in a frame: the parts of the time since the last frame, from 0 to 1, and its counters.</summary>
internal sealed record LiveLoop(double Busy, double Polling, double Parked, LoopStatistics Counters);
