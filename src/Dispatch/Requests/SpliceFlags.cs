namespace Dispatch;

/// <summary>How <c>splice(2)</c> and <c>tee(2)</c> move data.</summary>
[Flags]
public enum SpliceFlags
{
    /// <summary>A call that finds nothing to move, or no room, waits.</summary>
    None = 0,

    /// <summary>Move pages instead of copying, where that can be done (SPLICE_F_MOVE).</summary>
    Move = 1,

    /// <summary>Fail with EAGAIN instead of waiting for a pipe (SPLICE_F_NONBLOCK).</summary>
    NonBlocking = 2,

    /// <summary>More follows: a socket waits for it before sending a short segment (SPLICE_F_MORE).</summary>
    More = 4,
}
