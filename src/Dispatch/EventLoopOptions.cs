using System.Diagnostics;

namespace Dispatch;

/// <summary>The options of one loop. Read once, when the loop is created.</summary>
public class EventLoopOptions
{
    /// <summary>Gets or sets the kernel interface. Default: the best that the system allows.</summary>
    public KernelKind Kernel { get; set; } = KernelKind.Auto;

    /// <summary>
    /// Gets or sets the size of the submission queue: how many requests one enter can carry. Rounded up to a power of two by the kernel. What exceeds it waits in user memory.
    /// Default 1,024.
    /// </summary>
    public int SubmissionEntries { get; set; } = 1024;

    /// <summary>Gets or sets the size of the completion queue; at least that of the submission queue. What exceeds it is kept by the kernel. Default 4,096.</summary>
    public int CompletionEntries { get; set; } = 4096;

    /// <summary>Gets or sets how many raw requests may be in flight or untaken; what exceeds it waits in order. Default 16,384.</summary>
    public int RawCapacity { get; set; } = 16_384;

    /// <summary>Gets or sets how many idle operation objects of a kind are kept for reuse. Default 16,384.</summary>
    public int PoolLimit { get; set; } = 16_384;

    /// <summary>Gets or sets how many completions a turn delivers before the inbox and the timers have theirs. Default 1,024.</summary>
    public int CompletionBudget { get; set; } = 1024;

    /// <summary>Gets or sets how many posted items a turn runs before completions are looked at again. Default 1,024.</summary>
    public int InboxBudget { get; set; } = 1024;

    /// <summary>Gets or sets the number of receive buffers to begin with; a power of two. Few, hot ones are fastest. Default 256.</summary>
    public int ReceiveBufferCount { get; set; } = 256;

    /// <summary>Gets or sets up to how many receive buffers the loop adds when connections find none; a power of two, 32,768 at most. Default 4,096.</summary>
    public int MaxReceiveBufferCount { get; set; } = 4096;

    /// <summary>Gets or sets the size of a receive buffer in bytes. Default 4,096.</summary>
    public int ReceiveBufferSize { get; set; } = 4096;

    /// <summary>Gets or sets how many unread receive buffers one connection may hold before its receiving pauses. Default 16.</summary>
    public int ReceiveQuota { get; set; } = 16;

    /// <summary>
    /// Gets or sets how many chains of requests may have a file open at a time; what exceeds it waits in order. The table is made when the first such chain is submitted; it is no larger than the limit on open descriptors
    /// (RLIMIT_NOFILE). Default 256.
    /// </summary>
    public int DirectSlots { get; set; } = 256;

    /// <summary>Gets or sets the limit on kernel worker threads of each class (regular files, everything else) of this ring. Default 16.</summary>
    public int MaxKernelWorkers { get; set; } = 16;

    /// <summary>
    /// Gets or sets the limit on the loop's worker threads for system calls that the ring cannot make and that end by themselves. What exceeds it waits in order. Threads are made as calls need them and end when they
    /// have nothing to do. Default 16.
    /// </summary>
    public int MaxWorkers { get; set; } = 16;

    /// <summary>Gets or sets the same limit for calls that can wait for ever: an open of a FIFO, a lock, a wait. What exceeds it waits until one of them ends. Default 256.</summary>
    public int MaxWaitingWorkers { get; set; } = 256;

    /// <summary>Gets or sets what the loop does when there is nothing to do. Default <see cref="IdleStrategy.Park"/>.</summary>
    public IdleStrategy Idle { get; set; } = IdleStrategy.Park;

    /// <summary>
    /// Gets or sets the clock of the loop's timers. Default null: the kernel's monotonic clock, which costs a polling loop nothing. A clock given here announces due times
    /// through its own timers, as virtual time in tests does.
    /// </summary>
    public TimeProvider? TimeProvider { get; set; }

    /// <summary>
    /// Gets or sets the policy for exceptions that user code lets out on the loop. Called on the loop's thread. Default null: the process ends, as for any unhandled exception.
    /// </summary>
    public Func<LoopFault, UnhandledExceptionAction>? UnhandledException { get; set; }

    /// <summary>
    /// Gets or sets what is told when user code blocks the loop's thread on a lock or a task, with the stack that does it. Called on the loop's thread once the wait has lasted for 10 ms (what is shorter is neither counted nor told). Default null: only counted.
    /// </summary>
    public Action<EventLoop, StackTrace>? BlockingWait { get; set; }

    /// <summary>
    /// Gets or sets what is told of receive buffers that are held: leases and retained buffers that were not disposed, each with the stack of the code that took it. Told when the loop ends, and when a receive finds no buffer
    /// and there can be no more. Called on the loop's thread. For finding out who forgets them: while it is set, taking a lease costs a stack trace. Default null: nothing is remembered, and nothing costs.
    /// </summary>
    public Action<LeaseReport>? TrackLeases { get; set; }

    /// <summary>
    /// Gets or sets a value indicating whether the loop measures where requests spend their time: <see cref="EventLoop.Latency"/>, <see cref="LoopStatistics.ParkedTime"/>, and the histograms of <see cref="LoopMeter"/>.
    /// That costs a request four looks at the clock, about 26 ns each. Default false: then it costs nothing.
    /// </summary>
    public bool MeasureLatency { get; set; }

    /// <summary>Gets or sets the name of the loop and its thread. Default: "dispatch-N".</summary>
    public string? Name { get; set; }

    /// <summary>
    /// Gets or sets how long a turn of a loop may take until it counts as a stall: code on the loop's thread blocks or computes, and everything else of that loop waits. A watchdog's thread then reports it, once while it goes on and
    /// once when it has ended: to <see cref="StallDetected"/>, in <see cref="Dispatcher.RecentStalls"/> or <see cref="EventLoop.RecentStalls"/>, <see cref="LoopStatistics.Stalls"/> and the event source. A loop that sleeps is none. Default null: nobody looks, and nothing is paid.
    /// When it is set, a turn pays two looks at the clock, and the watchdog looks twice in every such time.
    /// </summary>
    public TimeSpan? StallThreshold { get; set; }

    /// <summary>Gets or sets what is told of stalls. Called on the watchdog's thread, while the loop in question does not answer: it must not wait for it. What it throws goes to <see cref="UnhandledException"/>.</summary>
    public Action<LoopStall>? StallDetected { get; set; }

    /// <summary>Gets or sets what creates the ring instead of the system: the simulated kernel and tests.</summary>
    internal Func<KernelRing>? KernelRingFactory { get; set; }

    internal void Validate()
    {
        Check(SubmissionEntries is >= 1 and <= 32_768, nameof(SubmissionEntries), SubmissionEntries, "1 to 32,768");
        Check(CompletionEntries >= SubmissionEntries && CompletionEntries <= 65_536, nameof(CompletionEntries), CompletionEntries, "SubmissionEntries to 65,536");
        Check(RawCapacity >= 1, nameof(RawCapacity), RawCapacity, "1 or more");
        Check(PoolLimit >= 0, nameof(PoolLimit), PoolLimit, "0 or more");
        Check(CompletionBudget >= 1, nameof(CompletionBudget), CompletionBudget, "1 or more");
        Check(InboxBudget >= 1, nameof(InboxBudget), InboxBudget, "1 or more");
        Check(int.IsPow2(ReceiveBufferCount) && ReceiveBufferCount <= 32_768, nameof(ReceiveBufferCount), ReceiveBufferCount, "a power of two up to 32,768");
        Check(int.IsPow2(MaxReceiveBufferCount) && MaxReceiveBufferCount is <= 32_768 && MaxReceiveBufferCount >= ReceiveBufferCount, nameof(MaxReceiveBufferCount), MaxReceiveBufferCount, "a power of two from ReceiveBufferCount to 32,768");
        Check(ReceiveBufferSize is >= 64 and <= 1 << 20, nameof(ReceiveBufferSize), ReceiveBufferSize, "64 bytes to 1 MiB");
        Check(ReceiveQuota >= 1, nameof(ReceiveQuota), ReceiveQuota, "1 or more");
        Check(DirectSlots is >= 1 and <= 32_768, nameof(DirectSlots), DirectSlots, "1 to 32,768");
        Check(MaxKernelWorkers >= 1, nameof(MaxKernelWorkers), MaxKernelWorkers, "1 or more");
        Check(MaxWorkers >= 1, nameof(MaxWorkers), MaxWorkers, "1 or more");
        Check(MaxWaitingWorkers >= 1, nameof(MaxWaitingWorkers), MaxWaitingWorkers, "1 or more");
        Check(Idle is not null, nameof(Idle), null, "a strategy");
        Check(StallThreshold is not { } stall || (stall >= TimeSpan.FromMilliseconds(1) && stall <= TimeSpan.FromHours(1)), nameof(StallThreshold), StallThreshold, "1 ms to 1 hour, or null");
    }

    internal EventLoopOptions CopyFor(string name)
    {
        EventLoopOptions copy = (EventLoopOptions)MemberwiseClone();
        copy.Name = name;
        return copy;
    }

    private static void Check(bool valid, string name, object? value, string range)
    {
        if (!valid)
        {
            throw new ArgumentOutOfRangeException(name, value, $"{nameof(EventLoopOptions)}.{name} must be {range}.");
        }
    }
}
