namespace Dispatch;

/// <summary>What has happened to a child: <c>si_code</c> of <c>waitid(2)</c>.</summary>
public enum ChildChange
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>It has ended (CLD_EXITED); the status is its exit code.</summary>
    Exited = 1,

    /// <summary>A signal ended it (CLD_KILLED).</summary>
    Killed = 2,

    /// <summary>A signal ended it and it left a core dump (CLD_DUMPED).</summary>
    Dumped = 3,

    /// <summary>A debugger has it (CLD_TRAPPED).</summary>
    Trapped = 4,

    /// <summary>A signal stopped it (CLD_STOPPED).</summary>
    Stopped = 5,

    /// <summary>It goes on (CLD_CONTINUED).</summary>
    Continued = 6,
}
