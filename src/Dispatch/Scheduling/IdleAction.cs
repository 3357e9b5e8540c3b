namespace Dispatch;

/// <summary>What an idle loop does next.</summary>
public enum IdleAction
{
    /// <summary>Look again at once.</summary>
    Spin,

    /// <summary>Offer the CPU to another thread (<c>sched_yield(2)</c>), then look again.</summary>
    Yield,

    /// <summary>Sleep in the kernel until a completion, a timer or a message comes.</summary>
    Park,
}
