namespace Dispatch;

/// <summary>How a drain ended.</summary>
/// <param name="FinishedInTime">Whether all work had finished before the deadline; what had not was cancelled.</param>
/// <param name="Elapsed">How long it took.</param>
/// <param name="Cancelled">How many requests were still in flight at the deadline, over all loops.</param>
/// <param name="Unfinished">Requests that would not end even after they were cancelled, and loops that did not answer, by name.</param>
public sealed record DrainReport(bool FinishedInTime, TimeSpan Elapsed, int Cancelled, IReadOnlyList<string> Unfinished);
