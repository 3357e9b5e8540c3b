using System.Runtime.CompilerServices;

namespace Dispatch;

/// <summary>
/// What a loop is made of, and its turn: deliver completions, drain the inbox, run timers, submit. The front door is <see cref="EventLoop"/>; the threads that
/// drive it are in Scheduling/. Everything belongs to the owner's thread but the inbox.
/// </summary>
internal sealed class LoopEngine
{
    private const int DeviceGroup = 4;

    private readonly WakeOperation wake;
    private readonly LoopSignal signal = new();
    private readonly EventLoopOptions options;
    private BufferPool? receiveBuffers;
    private BufferPool? readBuffers;
    private RegisteredBufferPool? registeredBuffers;
    private DirectSlots? slots;
    private FileReads? files;
    private LoopWorkers? workers;
    private int stagedForDevice;

    public LoopEngine(EventLoop loop, KernelRing ring, EventLoopOptions options)
    {
        Loop = loop;
        Ring = ring;
        this.options = options;
        Table = new OperationTable();
        Submissions = new SubmissionQueue(ring, signal);
        Watch = options.StallThreshold is { } limit ? new TurnWatch(limit) : null;
        Latency = options.MeasureLatency ? new LatencyRecorder(loop.Name, ring) : null;
        Inbox = new Inbox(Latency is { } latency ? () => Wake(latency) : ring.Wake, ring.OffLoop);
        Scope = new TurnScope(this);
        Posted = new PostedWork(this, signal, Inbox);
        RawPool = new OperationPool<RawOperation>(this, options.PoolLimit, static e => new RawOperation(e));
        Raw = new RawCompletions(this, options.RawCapacity);
        Cancellation = new Cancellation(this);
        Delivery = new CompletionDelivery(this, signal);
        RequestPool = new OperationPool<RequestOperation>(this, options.PoolLimit, static e => new RequestOperation(e));
        ObservePool = new OperationPool<ObserveOperation>(this, options.PoolLimit, static e => new ObserveOperation(e));
        SendPool = new OperationPool<SendOperation>(this, options.PoolLimit, static e => new SendOperation(e));
        GatherPool = new OperationPool<GatherSend>(this, options.PoolLimit, static e => new GatherSend(e));
        ZeroCopyPool = new OperationPool<ZeroCopySend>(this, options.PoolLimit, static e => new ZeroCopySend(e));
        FileSendPool = new OperationPool<FileSend>(this, options.PoolLimit, static e => new FileSend(e));
        OutputPool = new OperationPool<OutputSend>(this, options.PoolLimit, static e => new OutputSend(e));
        InputSegments = new InputSegmentPool(options.PoolLimit);
        Delays = new DelayPool(this, options.PoolLimit);
        Leases = options.TrackLeases is { } report ? new LeaseTracker(this, report) : null;
        wake = new WakeOperation(this);
        Timers = new TimerQueue(this, signal, options.TimeProvider ?? ring.Clock, options.TimeProvider is null);
        Parking = new LoopParking(this);
        wake.Begin();
    }

    /// <summary>Gets the front door.</summary>
    public EventLoop Loop { get; }

    /// <summary>Gets the kernel.</summary>
    public KernelRing Ring { get; }

    /// <summary>Gets the slots.</summary>
    public OperationTable Table { get; }

    /// <summary>Gets what is staged.</summary>
    public SubmissionQueue Submissions { get; }

    /// <summary>Gets the way in for other threads.</summary>
    public Inbox Inbox { get; }

    /// <summary>Gets what was posted, by others and by the owner itself.</summary>
    public PostedWork Posted { get; }

    /// <summary>Gets the surroundings of user code.</summary>
    public TurnScope Scope { get; }

    /// <summary>Gets what takes completions out of the ring.</summary>
    public CompletionDelivery Delivery { get; }

    /// <summary>Gets the timers.</summary>
    public TimerQueue Timers { get; }

    /// <summary>Gets how the loop sleeps.</summary>
    public LoopParking Parking { get; }

    /// <summary>Gets the idle awaitable operations.</summary>
    public OperationPool<RequestOperation> RequestPool { get; }

    /// <summary>Gets the idle observed operations.</summary>
    public OperationPool<ObserveOperation> ObservePool { get; }

    /// <summary>Gets the idle sends.</summary>
    public OperationPool<SendOperation> SendPool { get; }

    /// <summary>Gets the idle sends of several blocks.</summary>
    public OperationPool<GatherSend> GatherPool { get; }

    /// <summary>Gets the idle sends without a copy.</summary>
    public OperationPool<ZeroCopySend> ZeroCopyPool { get; }

    /// <summary>Gets the idle sends of files.</summary>
    public OperationPool<FileSend> FileSendPool { get; }

    /// <summary>Gets the idle sends of connections' writers.</summary>
    public OperationPool<OutputSend> OutputPool { get; }

    /// <summary>Gets the idle segments of connections' readers.</summary>
    public InputSegmentPool InputSegments { get; }

    /// <summary>Gets the idle memory blocks.</summary>
    public BlockPool Blocks { get; } = new();

    /// <summary>Gets the idle operations behind raw requests.</summary>
    public OperationPool<RawOperation> RawPool { get; }

    /// <summary>Gets the idle delays.</summary>
    public DelayPool Delays { get; }

    /// <summary>Gets what tells the sleepers of lists.</summary>
    public ListAnnouncer Lists { get; } = new();

    /// <summary>Gets the slots for the files of chains, created at first use.</summary>
    public DirectSlots Slots => slots ??= new DirectSlots(this, options.DirectSlots);

    /// <summary>Gets the reads of whole files, created at first use.</summary>
    public FileReads Files => files ??= new FileReads(this);

    /// <summary>Gets the raw source.</summary>
    public RawCompletions Raw { get; }

    /// <summary>Gets what asks the kernel to end requests.</summary>
    public Cancellation Cancellation { get; }

    /// <summary>Gets what remembers who holds receive buffers, or null when nobody asked for it.</summary>
    public LeaseTracker? Leases { get; }

    /// <summary>Gets the streams that somebody consumes.</summary>
    public AttachedStreams Streams { get; } = new();

    /// <summary>Gets what follows every request, or null when nobody asked for it.</summary>
    public LatencyRecorder? Latency { get; }

    /// <summary>Gets what tells the watchdog of turns, or null when there is none.</summary>
    public TurnWatch? Watch { get; }

    /// <summary>Gets the counters.</summary>
    public LoopCounters Counters { get; } = new();

    /// <summary>Gets the options.</summary>
    public EventLoopOptions Options => options;

    /// <summary>Gets or sets a value indicating whether the loop takes no new work.</summary>
    public bool IsClosed { get; set; }

    /// <summary>Gets a value indicating whether the calling thread is the owner.</summary>
    public bool IsOwner
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => ReferenceEquals(LoopThread.Current, this);
    }

    /// <summary>Gets the loop's receive buffers, created at first use.</summary>
    public BufferPool ReceiveBuffers => receiveBuffers ??= new BufferPool(this, options.ReceiveBufferCount, options.MaxReceiveBufferCount, options.ReceiveBufferSize);

    /// <summary>Gets the loop's receive buffers, or null when nothing has been received yet.</summary>
    public BufferPool? ReceiveBuffersIfCreated => receiveBuffers;

    /// <summary>Gets the workers for system calls that the ring cannot make, created at first use.</summary>
    public LoopWorkers Workers => workers ??= new LoopWorkers(this);

    /// <summary>Gets the workers, or null when nothing has needed one yet. Any thread.</summary>
    public LoopWorkers? WorkersIfCreated => Volatile.Read(ref workers);

    /// <summary>Gets the loop's buffers for reads that the kernel chooses no buffer for, created at first use.</summary>
    public BufferPool ReadBuffers => readBuffers ??= new BufferPool(this, Math.Min(4, options.MaxReceiveBufferCount), options.MaxReceiveBufferCount, options.ReceiveBufferSize, isLoose: true);

    /// <summary>Gets the number of requests in flight or queued that are not the loop's own. Any thread, approximately.</summary>
    public int UserInFlight => Table.InFlight - (wake.InFlight ? 1 : 0) - (Timers.HasKernelTimeout ? 1 : 0);

    /// <summary>Gets a value indicating whether a turn would find something. Loads only: no call, no clock.</summary>
    public bool HasWork
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => signal.IsRaised || Ring.Completions.HasEntries || Ring.NeedsAttention || Inbox.IsSignaled;
    }

    /// <summary>Gets a value indicating whether a turn has something to deliver or to run; staged requests alone need an enter, not a turn.</summary>
    public bool HasTurnWork
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Ring.Completions.HasEntries || Posted.HasWork || Delivery.HasDeferred || Timers.IsDueFlagged || workers is { HasArrived: true };
    }

    /// <summary>Gets or sets a value indicating whether the owner's thread has died and another one reaps in its place.</summary>
    public bool OwnerIsDead { get; set; }

    /// <summary>Gets the failure of an enter after which nothing more can be submitted, or null.</summary>
    public Exception? RingFailure { get; private set; }

    /// <summary>Throws when the calling thread is not the owner.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void VerifyOwner()
    {
        if (!IsOwner)
        {
            LoopThread.ThrowNotOwner(Loop);
        }
    }

    /// <summary>Throws when the loop takes no new work.</summary>
    public void VerifyOpen() => ObjectDisposedException.ThrowIf(IsClosed, Loop);

    /// <summary>
    /// One turn: completions, posted work and timers, each within its budget. It enters no kernel; what it staged is for the caller to submit, with or without waiting.
    /// Returns how many things were done.
    /// </summary>
    public int Turn()
    {
        signal.IsRaised = true; // So that a poll inside this turn finds "work" even when there is none, and is refused.
        Scope.Begin();
        Watch?.BeginTurn();
        Latency?.BeginTurn();
        long before = Counters.Completions;
        try
        {
            Counters.Turns++;
            int done = Delivery.Run(options.CompletionBudget) + Posted.Run(options.InboxBudget);
            if (workers is { HasArrived: true })
            {
                done += workers.Deliver(options.CompletionBudget); // After the inbox, whose signal says that there is something.
            }

            if (Timers.Count != 0 || Timers.IsDueFlagged)
            {
                done += Timers.RunDue();
            }

            return done;
        }
        finally
        {
            Latency?.EndTurn(Counters.Completions - before);
            Watch?.EndTurn();
            Scope.End();
        }
    }

    /// <summary>Submits what is staged and lets flagged completions appear, without waiting.</summary>
    public void SubmitStaged()
    {
        if (Submissions.HasStaged || Ring.NeedsAttention)
        {
            Enter(Math.Min(Submissions.Steps, (uint)options.CompletionEntries), 0); // Asking for all steps is not waiting for them: those that need not wait are done in this enter.
        }
    }

    /// <summary>
    /// Enters the kernel once. Errors need nothing here: EINTR and ETIME lost nothing; EBUSY and EAGAIN ask to reap first, which is what the next
    /// turn does, and the entries stay staged because they are counted from the kernel's head.
    /// </summary>
    public int Enter(uint minimumCompletions, long timeoutNanoseconds)
    {
        Counters.Enters++;
        if (Ring.HasOverflow)
        {
            CountOverflow();
        }

        stagedForDevice = 0;
        Submissions.OnEnter();
        uint pending = Ring.Submissions.Pending;
        int result = Latency is null ? Ring.Enter(minimumCompletions, timeoutNanoseconds) : Latency.Enter(minimumCompletions, timeoutNanoseconds);
        Counters.Submissions += pending - Ring.Submissions.Pending;
        if (Submissions.HasStaged)
        {
            Submissions.EndCutChain(this);
        }

        Submissions.Refill();
        if (result < 0 && result is not (-Errno.EINTR or -Errno.ETIME or -Errno.EBUSY or -Errno.EAGAIN or -Errno.ENOMEM))
        {
            ThrowEnterFailed(result);
        }

        return result;
    }

    /// <summary>
    /// Counts a staged request that a device has to serve. A device has the less to choose from the longer requests wait for the end of the turn, so that every few of them are
    /// submitted at once; what a processor serves within the submission gains nothing by it.
    /// </summary>
    public void CountForDevice()
    {
        if (++stagedForDevice >= DeviceGroup)
        {
            Enter(0, -1);
        }
    }

    /// <summary>Asks every request to end: those in the kernel, and those that still wait here.</summary>
    public void CancelAll()
    {
        CancelWaiting();
        Cancellation.StageAll();
    }

    /// <summary>Ends what waits here for its turn.</summary>
    public void CancelWaiting()
    {
        Raw.CancelWaiting();
        slots?.CancelWaiting();
    }

    /// <summary>Stages an entry whose answer nobody needs.</summary>
    public void StageSilent(in SubmissionEntry entry) => Submissions.Stage(entry, Tags.Silent);

    /// <summary>Submits an observed request.</summary>
    public OperationHandle Observe(in IoRequest request, IObserver<Completion> observer)
    {
        VerifyOpen();
        ObserveOperation operation = ObservePool.Rent();
        operation.Begin(request, observer);
        return new OperationHandle(operation);
    }

    /// <summary>Ends what the loop itself keeps in flight.</summary>
    public void StopOwnRequests()
    {
        wake.Stop();
        Timers.Stop();
        Streams.End();
        receiveBuffers?.Line.End();
        readBuffers?.Line.End();
    }

    /// <summary>Lowers the signal when a poll has left nothing behind.</summary>
    public void SettleSignal() => signal.IsRaised = Submissions.HasStaged || Posted.HasLocal || Delivery.HasDeferred || Timers.IsDueFlagged;

    /// <summary>Allocates and registers buffers, once.</summary>
    public RegisteredBufferPool RegisterBuffers(int count, int size)
    {
        VerifyOpen();
        return registeredBuffers is null
            ? registeredBuffers = new RegisteredBufferPool(this, count, size)
            : throw new InvalidOperationException($"{Loop.Name} has registered its buffers already; the kernel keeps one set a ring.");
    }

    /// <summary>Frees what the kernel could write to. Nothing is in flight, and the ring is closed.</summary>
    public void FreeMemory()
    {
        Ring.ReleaseMemory();
        Leases?.OnLoopEnded();
        receiveBuffers?.Close();
        readBuffers?.Close();
        registeredBuffers?.Free();
    }

    /// <summary>Counts a completion that crossed a thread.</summary>
    public void CountHandOff() => Counters.HandOffs++;

    /// <summary>Counts a receive that found no free buffer.</summary>
    public void CountStarvation()
    {
        Counters.BufferStarvations++;
        if (DispatchEventSource.Log.IsEnabled())
        {
            DispatchEventSource.Log.BuffersStarved(Loop.Name);
        }
    }

    /// <summary>Counts a result that nobody took.</summary>
    public void CountOrphan() => Counters.Orphans++;

    /// <summary>Hands an exception of user code to the policy.</summary>
    public void ReportException(Exception exception, object? source)
    {
        Counters.UnhandledExceptions++;
        LoopFaults.Handle(this, exception, source);
    }

    /// <summary>Reports that user code blocks this thread.</summary>
    public void ReportBlockingWait()
    {
        Counters.BlockingWaits++;
        LoopFaults.ReportBlockingWait(this);
    }

    private void CountOverflow()
    {
        Counters.Overflows++;
        if (DispatchEventSource.Log.IsEnabled())
        {
            DispatchEventSource.Log.Overflowed(Loop.Name);
        }
    }

    private void Wake(LatencyRecorder latency)
    {
        latency.OnWake();
        Ring.Wake();
    }

    private void ThrowEnterFailed(int result)
    {
        InvalidOperationException failure = new($"io_uring_enter failed with {Errno.Name(-result)} on {Loop.Name}. The loop cannot go on: its ring is unusable.");
        RingFailure ??= failure;
        throw failure;
    }
}
