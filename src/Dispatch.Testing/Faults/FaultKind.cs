namespace Dispatch.Testing;

/// <summary>The ways in which a simulated kernel misbehaves. Those up to <see cref="LoopOrder"/> are what every kernel does now and then: correct code does not notice. The later ones are failures, which it has to handle.</summary>
public enum FaultKind
{
    /// <summary>What has completed is seen in another order than it happened; one request's own completions, and one stream's bytes, stay in order.</summary>
    CompletionOrder,

    /// <summary>A request takes its time, up to <see cref="SimulationOptions.MaxDelay"/>, before it does anything.</summary>
    Delay,

    /// <summary>Bytes on their way to a peer take their time, up to <see cref="SimulationOptions.MaxDelay"/>.</summary>
    SlowDelivery,

    /// <summary>A read, a write, a send or a receive moves fewer bytes than it could.</summary>
    ShortResult,

    /// <summary>A healthy multishot ends and has to be armed again.</summary>
    MultishotEnd,

    /// <summary>An enter is interrupted by a signal (EINTR).</summary>
    EnterInterrupted,

    /// <summary>An enter is refused for now (EAGAIN or EBUSY).</summary>
    EnterBusy,

    /// <summary>An enter takes only some of the entries.</summary>
    PartialSubmit,

    /// <summary>A loop gets queues of a few entries, and a few small buffers. Decided when a loop is made.</summary>
    SmallQueues,

    /// <summary>An enter brings only some of what has completed, and leaves the attention bit set.</summary>
    TaskWorkBatch,

    /// <summary>A parked loop wakes for nothing.</summary>
    SpuriousWake,

    /// <summary>A cancel comes when its request is already being done: it answers EALREADY, and the request succeeds.</summary>
    CancelRace,

    /// <summary>A cancel does not find a multishot that is between two waits: it answers ENOENT, and the multishot goes on.</summary>
    LostCancel,

    /// <summary>The kernel has dropped a clean page of a file: a read that may not wait (<see cref="DispatchFile.TryReadCached"/>, <see cref="ReadWriteFlags.NoWait"/>) finds less than was there, or nothing.</summary>
    PageDropped,

    /// <summary>Another loop, or the script, is stepped before the one whose turn it would be.</summary>
    LoopOrder,

    /// <summary>A file operation fails with EIO; after a sync that fails so, what was not written stays unwritten.</summary>
    DiskError,

    /// <summary>A write, or an allocation of space, fails with ENOSPC.</summary>
    NoSpace,

    /// <summary>An accept or a send of a datagram fails with ENOBUFS.</summary>
    NoBuffers,

    /// <summary>A connection breaks (ECONNRESET) at both ends.</summary>
    ConnectionReset,

    /// <summary>A call that makes a descriptor fails with EMFILE.</summary>
    NoDescriptors,

    /// <summary>An enter, or a call that makes a descriptor, fails with ENOMEM.</summary>
    NoMemory,
}
