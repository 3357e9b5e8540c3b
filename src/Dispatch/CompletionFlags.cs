namespace Dispatch;

/// <summary>What the kernel says beside a result: <c>IORING_CQE_F_*</c> of <c>io_uring(7)</c>. The upper 16 bits are a buffer number.</summary>
[Flags]
public enum CompletionFlags : uint
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>A provided buffer was taken; its number is in the upper 16 bits (<see cref="Completion.BufferId"/>).</summary>
    Buffer = 1 << 0,

    /// <summary>The request stays armed: more completions follow.</summary>
    More = 1 << 1,

    /// <summary>The socket has more data to read.</summary>
    SocketNonEmpty = 1 << 2,

    /// <summary>The kernel lets go of the memory of a zero-copy send.</summary>
    Notification = 1 << 3,

    /// <summary>With <see cref="Notification"/>: the kernel has copied the data of a zero-copy send, at least in part, as it does on loopback. Dispatch's own bit.</summary>
    Copied = 1 << 13,
}
