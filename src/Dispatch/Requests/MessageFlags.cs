namespace Dispatch;

/// <summary>Flags of a send or a receive: the MSG_* flags of <c>send(2)</c> and <c>recv(2)</c>.</summary>
[Flags]
public enum MessageFlags
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>Urgent data (MSG_OOB).</summary>
    OutOfBand = 1,

    /// <summary>Look at the data without taking it (MSG_PEEK).</summary>
    Peek = 2,

    /// <summary>Of a received message: control data did not fit and was cut off (MSG_CTRUNC).</summary>
    ControlTruncated = 8,

    /// <summary>Tell the real length of a datagram that was cut (MSG_TRUNC).</summary>
    Truncate = 0x20,

    /// <summary>Fail with EAGAIN instead of waiting (MSG_DONTWAIT).</summary>
    DoNotWait = 0x40,

    /// <summary>The end of a record (MSG_EOR).</summary>
    EndOfRecord = 0x80,

    /// <summary>Go on until all of it is sent or received (MSG_WAITALL).</summary>
    WaitAll = 0x100,

    /// <summary>Look into the queue of errors (MSG_ERRQUEUE).</summary>
    ErrorQueue = 0x2000,

    /// <summary>No SIGPIPE when the peer is gone (MSG_NOSIGNAL).</summary>
    NoSignal = 0x4000,

    /// <summary>More follows: wait for it before sending a short segment (MSG_MORE).</summary>
    More = 0x8000,

    /// <summary>Descriptors that come with a message are not inherited by children (MSG_CMSG_CLOEXEC).</summary>
    CloseOnExec = 0x4000_0000,
}
