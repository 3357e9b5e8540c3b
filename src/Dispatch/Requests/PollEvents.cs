namespace Dispatch;

/// <summary>Readiness of a descriptor: the events of <c>poll(2)</c>.</summary>
[Flags]
public enum PollEvents
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>There is something to read (POLLIN).</summary>
    Readable = 1,

    /// <summary>There is something exceptional to read (POLLPRI).</summary>
    Priority = 2,

    /// <summary>Writing would not wait (POLLOUT).</summary>
    Writable = 4,

    /// <summary>An error is pending (POLLERR). Always reported.</summary>
    Error = 8,

    /// <summary>The other side hung up (POLLHUP). Always reported.</summary>
    HangUp = 16,

    /// <summary>The peer has finished sending (POLLRDHUP).</summary>
    ReadHangUp = 0x2000,
}
