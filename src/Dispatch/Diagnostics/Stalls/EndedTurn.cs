namespace Dispatch;

/// <summary>A turn that took too long, as its loop tells the watchdog at its end.</summary>
internal sealed record EndedTurn(long Number, long Began, long Ended, TurnCallback Last, long Callbacks);
