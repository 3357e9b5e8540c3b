using System.Runtime.CompilerServices;

namespace Dispatch;

/// <summary>
/// What a loop is made of, and its turn: deliver completions, drain the inbox, run timers, submit. The front door is <see cref="EventLoop"/>; the threads that
/// drive it are in Scheduling/. Everything belongs to the owner's thread but the inbox.
/// </summary>
internal sealed class LoopEngine
{
    private readonly Queue<InboxItem> local = new();
    private readonly Queue<CompletionEntry> deferred = new();
    private readonly WakeOperation wake;
    private readonly EventLoopOptions options;
    private BufferPool? receiveBuffers;
    private RegisteredBufferPool? registeredBuffers;
    private bool inTurn;
    private ExecutionContext? baseline;

    public LoopEngine(EventLoop loop, KernelRing ring, EventLoopOptions options)
    {
        Loop = loop;
        Ring = ring;
        this.options = options;
        Table = new OperationTable();
        Submissions = new SubmissionQueue(ring);
        Inbox = new Inbox(ring.Wake);
        Context = new LoopSynchronizationContext(this);
        RequestPool = new OperationPool<RequestOperation>(this, options.PoolLimit, static e => new RequestOperation(e));
        ObservePool = new OperationPool<ObserveOperation>(this, options.PoolLimit, static e => new ObserveOperation(e));
        SendPool = new OperationPool<SendOperation>(this, options.PoolLimit, static e => new SendOperation(e));
        Raw = new RawCompletions(this, options.RawCapacity);
        Delays = new DelayPool(this, options.PoolLimit);
        wake = new WakeOperation(this);
        Timers = new TimerQueue(this, options.TimeProvider ?? ring.Clock, options.TimeProvider is null);
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

    /// <summary>Gets the context of the loop's turns.</summary>
    public LoopSynchronizationContext Context { get; }

    /// <summary>Gets the timers.</summary>
    public TimerQueue Timers { get; }

    /// <summary>Gets the idle awaitable operations.</summary>
    public OperationPool<RequestOperation> RequestPool { get; }

    /// <summary>Gets the idle observed operations.</summary>
    public OperationPool<ObserveOperation> ObservePool { get; }

    /// <summary>Gets the idle sends.</summary>
    public OperationPool<SendOperation> SendPool { get; }

    /// <summary>Gets the idle delays.</summary>
    public DelayPool Delays { get; }

    /// <summary>Gets the raw source.</summary>
    public RawCompletions Raw { get; }

    /// <summary>Gets the counters.</summary>
    public LoopCounters Counters { get; } = new();

    /// <summary>Gets the options.</summary>
    public EventLoopOptions Options => options;

    /// <summary>Gets or sets a value indicating whether the loop takes no new work.</summary>
    public bool IsClosed { get; set; }

    /// <summary>Gets a value indicating whether a turn is running on this thread.</summary>
    public bool InTurn => inTurn;

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

    /// <summary>Gets the number of requests in flight or queued that are not the loop's own. Any thread, approximately.</summary>
    public int UserInFlight => Table.InFlight - (wake.InFlight ? 1 : 0) - (Timers.HasKernelTimeout ? 1 : 0);

    /// <summary>Gets a value indicating whether a turn would find something. Loads only: no call, no clock.</summary>
    public bool HasWork
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Ring.Completions.HasEntries || Ring.NeedsAttention || Inbox.IsSignaled || Submissions.HasStaged
            || local.Count != 0 || deferred.Count != 0 || Timers.IsDueFlagged;
    }

    /// <summary>Gets a value indicating whether a turn has something to deliver or to run; staged requests alone need an enter, not a turn.</summary>
    public bool HasTurnWork
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Ring.Completions.HasEntries || Inbox.IsSignaled || local.Count != 0 || deferred.Count != 0 || Timers.IsDueFlagged;
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
    /// One turn: completions, inbox and timers within their budgets, then one enter if something is staged or flagged, then the completions that the enter brought.
    /// Returns how many things were done.
    /// </summary>
    public int Turn()
    {
        BeginTurn();
        try
        {
            int done = DeliverCompletions() + RunPosted();
            if (Timers.Count != 0 || Timers.IsDueFlagged)
            {
                done += Timers.RunDue();
            }

            return done;
        }
        finally
        {
            EndTurn();
        }
    }

    /// <summary>Submits what is staged and lets flagged completions appear, without waiting.</summary>
    public void SubmitStaged()
    {
        if (Submissions.HasStaged || Ring.NeedsAttention)
        {
            Enter(0, -1);
        }
    }

    /// <summary>
    /// Enters the kernel once. Errors need nothing here: EINTR and ETIME lost nothing; EBUSY and EAGAIN ask to reap first, which is what the next
    /// turn does, and the entries stay staged because they are counted from the kernel's head.
    /// </summary>
    public int Enter(uint minimumCompletions, long timeoutNanoseconds)
    {
        Counters.Enters++;
        int result = Ring.Enter(minimumCompletions, timeoutNanoseconds);
        Submissions.Refill();
        if (result < 0 && result is not (-Errno.EINTR or -Errno.ETIME or -Errno.EBUSY or -Errno.EAGAIN or -Errno.ENOMEM))
        {
            ThrowEnterFailed(result);
        }

        return result;
    }

    /// <summary>Sleeps until something comes, unless something has come already. Submits what is staged in the same enter.</summary>
    public void Park()
    {
        long limit = Timers.SleepLimit();
        if (limit == 0)
        {
            Timers.IsDueFlagged = true;
            SubmitStaged();
            return;
        }

        if (!Inbox.TryPark())
        {
            SubmitStaged();
            return;
        }

        Counters.Parks++;
        int result = Enter(1, limit);
        Inbox.Unpark();
        if (result == -Errno.ETIME)
        {
            Timers.IsDueFlagged = true;
        }
    }

    /// <summary>Runs an await's continuation inline, with the loop's context current or, when it asked for none, with none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void RunContinuation(Action<object?> continuation, object? state, bool inContext)
    {
        if (OwnerIsDead)
        {
            ThreadPool.UnsafeQueueUserWorkItem(continuation, state, preferLocal: false);
            return;
        }

        if (!inContext)
        {
            // With a context current that is not the default one, the framework would send such a continuation to the thread pool.
            SynchronizationContext.SetSynchronizationContext(null);
        }

        continuation(state);
        RestoreContexts();
    }

    /// <summary>Takes back what user code may have left on the thread: its execution context and synchronization context.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void RestoreContexts()
    {
        if (!ReferenceEquals(SynchronizationContext.Current, Context))
        {
            SynchronizationContext.SetSynchronizationContext(Context);
        }

        if (!ReferenceEquals(ExecutionContext.Capture(), baseline))
        {
            ExecutionContext.Restore(baseline!);
        }
    }

    /// <summary>Queues something for a later turn of this thread: no lock, no wake. Owner only.</summary>
    public void EnqueueLocal(SendOrPostCallback callback, object? state) => local.Enqueue(new InboxItem(callback, state, 0));

    /// <summary>Queues an internal action for a later turn of this thread. Owner only.</summary>
    public void EnqueueLocal(InboxAction action, object? state) => local.Enqueue(new InboxItem(action, state, 0));

    /// <summary>Posts an internal action from any thread; throws when the loop is closed.</summary>
    public void Post(InboxAction action, object? state, long argument) =>
        ObjectDisposedException.ThrowIf(!Inbox.TryPost(new InboxItem(action, state, argument)), Loop);

    /// <summary>Posts an internal action from any thread; on a closed loop there is nothing to act on.</summary>
    public bool TryPost(InboxAction action, object? state, long argument) => Inbox.TryPost(new InboxItem(action, state, argument));

    /// <summary>Posts user code from any thread; when the loop is closed it runs on the thread pool, so that no awaiter waits for ever.</summary>
    public void PostOrPool(SendOrPostCallback callback, object? state)
    {
        InboxItem item = new(callback, state, 0);
        if (!Inbox.TryPost(item))
        {
            item.RunOnThreadPool();
        }
    }

    /// <summary>Asks the kernel to cancel the request with this tag. Only the answer "not found" comes back, to nobody.</summary>
    public void StageCancel(ulong tag)
    {
        SubmissionEntry entry = default;
        entry.Opcode = Opcode.AsyncCancel;
        entry.Fd = -1;
        entry.Address = tag;
        entry.Flags = EntryFlags.SkipSuccess;
        StageSilent(entry);
    }

    /// <summary>Asks the kernel to cancel everything that is in flight.</summary>
    public void CancelAll()
    {
        Raw.CancelWaiting();
        SubmissionEntry entry = default;
        entry.Opcode = Opcode.AsyncCancel;
        entry.Fd = -1;
        entry.OperationFlags = IoUringAbi.IORING_ASYNC_CANCEL_ANY | IoUringAbi.IORING_ASYNC_CANCEL_ALL;
        StageSilent(entry);
    }

    /// <summary>Stages an entry whose answer nobody needs.</summary>
    public void StageSilent(SubmissionEntry entry)
    {
        entry.UserData = Tags.Silent;
        Submissions.Stage(entry);
    }

    /// <summary>Submits an observed request.</summary>
    public OperationHandle Observe(in IoRequest request, IObserver<Completion> observer)
    {
        VerifyOpen();
        ObserveOperation operation = ObservePool.Rent();
        operation.Begin(request, observer);
        return new OperationHandle(operation);
    }

    /// <summary>Takes a raw completion, walking the queue in place. Runs no user code; completions of operations wait for the next turn.</summary>
    public bool TryTakeRaw(out Completion completion)
    {
        if (Raw.Untaken != 0)
        {
            return Raw.TryTakeQueued(out completion);
        }

        if (TryTakeInPlace(out completion))
        {
            return true;
        }

        if (!Submissions.HasStaged && !Ring.NeedsAttention)
        {
            return false;
        }

        Enter(0, -1);
        return TryTakeInPlace(out completion);
    }

    /// <summary>Ends what the loop itself keeps in flight.</summary>
    public void StopOwnRequests()
    {
        wake.Stop();
        Timers.Stop();
    }

    /// <summary>Delivers, in the next turn, a completion that no kernel posted: the request never reached one.</summary>
    public void DeferCompletion(in CompletionEntry entry) => deferred.Enqueue(entry);

    /// <summary>Runs what the owner had queued for itself where it can still run.</summary>
    public void AbandonLocal()
    {
        while (local.TryDequeue(out InboxItem item))
        {
            item.RunOnThreadPool();
        }
    }

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
        receiveBuffers?.Close();
        registeredBuffers?.Free();
    }

    /// <summary>Counts a completion that crossed a thread.</summary>
    public void CountHandOff() => Counters.HandOffs++;

    /// <summary>Counts a result that nobody took.</summary>
    public void CountOrphan() => Counters.Orphans++;

    /// <summary>Hands an exception of user code to the policy.</summary>
    public void ReportException(Exception exception, object? source)
    {
        Counters.UnhandledExceptions++;
        LoopFaults.Handle(this, exception, source);
    }

    /// <summary>Reports that this thread is about to block.</summary>
    public void ReportBlockingWait()
    {
        Counters.BlockingWaits++;
        LoopFaults.ReportBlockingWait(this);
    }

    private void BeginTurn()
    {
        if (inTurn)
        {
            LoopThread.ThrowNestedTurn();
        }

        inTurn = true;
        LoopThread.EnterTurn(Context);
        baseline = ExecutionContext.Capture();
    }

    private void EndTurn()
    {
        inTurn = false;
        LoopThread.LeaveTurn();
    }

    private int DeliverCompletions()
    {
        int delivered = 0;
        int budget = options.CompletionBudget;
        while (delivered < budget)
        {
            try
            {
                while (delivered < budget && TryTakeEntry(out CompletionEntry entry))
                {
                    delivered++;
                    DeliverEntry(entry);
                }

                break;
            }
            catch (Exception e)
            {
                // A consumer threw. It has ended its own business; the loop goes on with the next completion.
                ReportException(e, null);
                RestoreContexts();
            }
        }

        Ring.Completions.Release();
        Counters.Completions += delivered;
        return delivered;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool TryTakeEntry(out CompletionEntry entry)
    {
        if (deferred.Count != 0)
        {
            entry = deferred.Dequeue();
            return true;
        }

        return Ring.Completions.TryTake(out entry);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void DeliverEntry(in CompletionEntry entry)
    {
        if (Tags.IsRaw(entry.UserData))
        {
            if ((entry.Flags & RawCompletions.MessageFlag) == 0)
            {
                Table.InFlight--;
            }

            Raw.OnMet(new Completion(entry.UserData, entry));
        }
        else if (Table.Find(entry.UserData) is { } operation)
        {
            operation.Deliver(entry);
        }
        else if (entry.UserData != Tags.Silent)
        {
            Table.CountLate();
        }
    }

    private bool TryTakeInPlace(out Completion completion)
    {
        ref CompletionRing completions = ref Ring.Completions;
        while (completions.TryTake(out CompletionEntry entry))
        {
            if (Tags.IsRaw(entry.UserData))
            {
                completion = new Completion(entry.UserData, entry);
                if ((entry.Flags & RawCompletions.MessageFlag) == 0)
                {
                    Table.InFlight--;
                    Raw.OnTaken(completion);
                }
            }
            else if (Table.Find(entry.UserData) is not RawOperation operation)
            {
                deferred.Enqueue(entry);
                continue;
            }
            else if (!operation.TryTranslate(entry, operation.Account(entry), out completion))
            {
                continue;
            }
            else
            {
                Raw.OnTaken(completion);
            }

            Counters.Completions++;
            completions.Release();
            return true;
        }

        completions.Release();
        completion = default;
        return false;
    }

    private int RunPosted()
    {
        int done = 0;
        int budget = options.InboxBudget;
        int localCount = Math.Min(local.Count, budget); // What these enqueue in turn waits for the next turn.
        while (localCount-- > 0)
        {
            RunItem(local.Dequeue());
            done++;
        }

        if (Inbox.IsSignaled)
        {
            Inbox.BeginDrain();
            int left = budget;
            while (left > 0 && Inbox.TryTake(out InboxItem item))
            {
                RunItem(item);
                left--;
            }

            done += budget - left;
            if (left == 0)
            {
                Inbox.ResumeLater();
            }
        }

        return done;
    }

    private void RunItem(in InboxItem item)
    {
        try
        {
            item.Run();
        }
        catch (Exception e)
        {
            ReportException(e, null);
        }

        RestoreContexts();
    }

    private void ThrowEnterFailed(int result)
    {
        InvalidOperationException failure = new($"io_uring_enter failed with {Errno.Name(-result)} on {Loop.Name}. The loop cannot go on: its ring is unusable.");
        RingFailure ??= failure;
        throw failure;
    }
}
