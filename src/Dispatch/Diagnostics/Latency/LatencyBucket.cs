namespace Dispatch;

/// <summary>One bucket of a <see cref="LatencyHistogram"/>.</summary>
/// <param name="LowerNanoseconds">The shortest duration that it counts.</param>
/// <param name="UpperNanoseconds">The shortest duration that is too long for it.</param>
/// <param name="Count">How many it has counted.</param>
public readonly record struct LatencyBucket(long LowerNanoseconds, long UpperNanoseconds, long Count);
