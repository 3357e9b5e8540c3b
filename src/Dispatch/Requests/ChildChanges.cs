namespace Dispatch;

/// <summary>What <c>waitid(2)</c> waits for, and how.</summary>
[Flags]
public enum ChildChanges
{
    /// <summary>Nothing: the call is refused.</summary>
    None = 0,

    /// <summary>Complete at once, whether a child has changed or not (WNOHANG).</summary>
    NoWait = 1,

    /// <summary>A child was stopped by a signal (WSTOPPED).</summary>
    Stopped = 2,

    /// <summary>A child has ended (WEXITED).</summary>
    Exited = 4,

    /// <summary>A child goes on (WCONTINUED).</summary>
    Continued = 8,

    /// <summary>Leave the child as it is: somebody else waits for it too (WNOWAIT).</summary>
    Keep = 0x0100_0000,
}
