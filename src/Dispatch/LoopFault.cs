namespace Dispatch;

/// <summary>An exception that user code let out on a loop, as it is handed to the policy.</summary>
/// <param name="Loop">The loop on whose thread it was thrown.</param>
/// <param name="Exception">The exception.</param>
/// <param name="Source">What was being run, where known: a connection, a timer.</param>
public sealed record LoopFault(EventLoop Loop, Exception Exception, object? Source);
