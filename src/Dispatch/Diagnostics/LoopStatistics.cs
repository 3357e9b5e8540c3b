namespace Dispatch;

/// <summary>
/// What one loop has done so far. Counts since the loop's start; take two and subtract. Read without locking, so figures of a running loop may be a turn apart.
/// </summary>
public sealed record LoopStatistics
{
    /// <summary>Gets what the loop does at this moment.</summary>
    public LoopState State { get; init; }

    /// <summary>Gets the completions delivered. On io_uring every one of them was delivered on its owner's thread.</summary>
    public long Completions { get; init; }

    /// <summary>Gets the system calls into the ring (<c>io_uring_enter(2)</c>).</summary>
    public long Enters { get; init; }

    /// <summary>Gets the requests that enters have given to the kernel. Divided by <see cref="Enters"/>: how well the loop batches.</summary>
    public long Submissions { get; init; }

    /// <summary>Gets the turns in which there was something to do. <see cref="Completions"/> divided by it: the size of a batch.</summary>
    public long Turns { get; init; }

    /// <summary>Gets how many enters found the completion queue full and completions waiting behind it. Nothing is lost by it, but time; see <see cref="EventLoopOptions.CompletionEntries"/>.</summary>
    public long Overflows { get; init; }

    /// <summary>Gets how many turns took longer than <see cref="EventLoopOptions.StallThreshold"/>, one that goes on included; 0 unless that is set.</summary>
    public long Stalls { get; init; }

    /// <summary>Gets how long the loop has slept; 0 unless <see cref="EventLoopOptions.MeasureLatency"/> is set.</summary>
    public TimeSpan ParkedTime { get; init; }

    /// <summary>Gets how long the loop has been in turns; 0 unless <see cref="EventLoopOptions.MeasureLatency"/> is set.</summary>
    public TimeSpan TurnTime { get; init; }

    /// <summary>Gets how often the loop went to sleep.</summary>
    public long Parks { get; init; }

    /// <summary>Gets how often another thread had to wake the loop.</summary>
    public long Wakes { get; init; }

    /// <summary>Gets the results that crossed a thread: requests and awaits of foreign threads, and workers.</summary>
    public long HandOffs { get; init; }

    /// <summary>Gets the results that succeeded with no taker left: descriptors closed and buffers returned by Dispatch.</summary>
    public long Orphans { get; init; }

    /// <summary>Gets the completions whose request had already ended. Always 0 unless the kernel misbehaves.</summary>
    public long Late { get; init; }

    /// <summary>Gets the exceptions of user code that went to the policy.</summary>
    public long UnhandledExceptions { get; init; }

    /// <summary>Gets how often user code blocked the loop's thread on a lock or a task for more than 10 ms.</summary>
    public long BlockingWaits { get; init; }

    /// <summary>Gets how often a receive ended because no buffer was free. The connection lives on.</summary>
    public long BufferStarvations { get; init; }

    /// <summary>Gets how often accepting paused because no descriptor was free.</summary>
    public long AcceptBackoffs { get; init; }

    /// <summary>Gets the transient errors of accepts that were retried.</summary>
    public long TransientErrors { get; init; }

    /// <summary>Gets the connections whose handler ended with an error of the connection itself.</summary>
    public long ConnectionFaults { get; init; }

    /// <summary>Gets the requests that the kernel has now, the loop's own wake-up request among them.</summary>
    public int InFlight { get; init; }

    /// <summary>Gets the requests that wait in user memory for room in the ring.</summary>
    public int Backlog { get; init; }

    /// <summary>Gets the worker threads that the loop has now for system calls that its ring cannot make.</summary>
    public int Workers { get; init; }

    /// <summary>Gets the system calls that wait for such a worker now.</summary>
    public int QueuedCalls { get; init; }

    /// <summary>Gets how many system calls have had to wait for a worker because as many were busy as there may be.</summary>
    public long CallWaits { get; init; }

    /// <summary>Gets the messages in the inbox.</summary>
    public int InboxDepth { get; init; }
}
