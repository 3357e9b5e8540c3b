namespace Dispatch;

/// <summary>What a place of an AIO context is in use for.</summary>
internal enum AioSlotUse : byte
{
    /// <summary>Nothing.</summary>
    Free,

    /// <summary>A read, a write or a sync of a file: memory is lent until its event.</summary>
    Transfer,

    /// <summary>A request's poll; it has no owner once it is cancelled.</summary>
    Poll,

    /// <summary>The poll of the descriptor by which other threads end the wait.</summary>
    Wake,

    /// <summary>The poll of the descriptor that announces the earliest timeout to a loop that only polls.</summary>
    Timer,

    /// <summary>The poll of the set of descriptors that found no place of their own, or need another trigger.</summary>
    Set,
}
