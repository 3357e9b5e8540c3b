namespace Dispatch;

/// <summary>What a signal does to a system call that a worker is in. Cancelling one is a signal.</summary>
public enum SystemCallInterruption
{
    /// <summary>Nothing: it ends by itself.</summary>
    None,

    /// <summary>A cancel ends it; after any other signal nothing was lost, and it is made again.</summary>
    Again,

    /// <summary>A cancel ends it, and so does any other signal, which the caller is told (EINTR): time, or a part of the work, has gone by.</summary>
    Tell,

    /// <summary>It is the ring's: cancelled by the ring.</summary>
    ByRing,
}
