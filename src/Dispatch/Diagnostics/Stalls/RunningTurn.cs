namespace Dispatch;

/// <summary>A turn that goes on, as the watchdog sees it from outside.</summary>
internal readonly record struct RunningTurn(long Number, long Began, TurnCallback Current, long Callbacks, string? WaitsAt);
