namespace Dispatch;

/// <summary>Which children <c>waitid(2)</c> waits for.</summary>
public enum ChildSelector
{
    /// <summary>Any child (P_ALL).</summary>
    Any = 0,

    /// <summary>One process (P_PID).</summary>
    Process = 1,

    /// <summary>Those of a process group; 0 for the caller's (P_PGID).</summary>
    Group = 2,

    /// <summary>The one behind a pidfd (P_PIDFD).</summary>
    ProcessDescriptor = 3,
}
