namespace Dispatch;

/// <summary>Readiness as <c>epoll_ctl(2)</c> has it.</summary>
[Flags]
public enum EpollEvents : uint
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>There is something to read (EPOLLIN).</summary>
    Readable = 1,

    /// <summary>There is something exceptional to read (EPOLLPRI).</summary>
    Priority = 2,

    /// <summary>Writing would not wait (EPOLLOUT).</summary>
    Writable = 4,

    /// <summary>An error is pending (EPOLLERR). Always reported.</summary>
    Error = 8,

    /// <summary>The other side hung up (EPOLLHUP). Always reported.</summary>
    HangUp = 16,

    /// <summary>The peer has finished sending (EPOLLRDHUP).</summary>
    ReadHangUp = 0x2000,

    /// <summary>Of several sets, wake as few as possible (EPOLLEXCLUSIVE).</summary>
    Exclusive = 1u << 28,

    /// <summary>Report once, until it is modified (EPOLLONESHOT).</summary>
    OneShot = 1u << 30,

    /// <summary>Report changes, not states (EPOLLET).</summary>
    EdgeTriggered = 1u << 31,
}
