namespace Dispatch;

/// <summary>Flags of a new pipe.</summary>
[Flags]
public enum PipeFlags
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>Reads and writes fail with EAGAIN instead of waiting (O_NONBLOCK).</summary>
    NonBlocking = 0x800,

    /// <summary>Children do not inherit it (O_CLOEXEC).</summary>
    CloseOnExec = 0x80000,
}
