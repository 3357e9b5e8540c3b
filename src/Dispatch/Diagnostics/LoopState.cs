namespace Dispatch;

/// <summary>What a loop does at a moment.</summary>
public enum LoopState
{
    /// <summary>It looks for work, or enters the kernel; an attached loop may be in its user's own code.</summary>
    Polling,

    /// <summary>It runs a turn: code that completions, timers and posted work are handed to.</summary>
    Busy,

    /// <summary>It sleeps in the kernel until something comes.</summary>
    Parked,

    /// <summary>It has ended.</summary>
    Stopped,
}
