namespace Dispatch;

/// <summary>Who shares a futex word.</summary>
public enum FutexScope
{
    /// <summary>Threads of this process only (FUTEX2_PRIVATE): cheaper.</summary>
    Process,

    /// <summary>Any process that maps the memory.</summary>
    Shared,
}
