namespace Dispatch.Testing;

/// <summary>Where a request of a simulated ring is.</summary>
internal enum WorkStage : byte
{
    /// <summary>In the pool.</summary>
    Idle,

    /// <summary>Begun; nothing is done before its time.</summary>
    Delayed,

    /// <summary>In line at an open file, or at a futex.</summary>
    Waiting,

    /// <summary>To be done, or done again, in the owner's next enter.</summary>
    Ready,

    /// <summary>Being done.</summary>
    Running,
}
