namespace Dispatch;

/// <summary>How the connections of one address reach several loops.</summary>
public enum AcceptDistribution
{
    /// <summary>
    /// Every loop listens on the port (SO_REUSEPORT), and the kernel spreads connections by a hash of their addresses. No connection crosses a thread. Unix-domain
    /// addresses cannot be shared, and are dealt.
    /// </summary>
    PortPerLoop,

    /// <summary>One loop accepts and deals connections to all loops in turn: evenly, for a hand-off each.</summary>
    Deal,
}
