using System.Runtime.CompilerServices;
using static Dispatch.IoUringAbi;

namespace Dispatch;

/// <summary>
/// io_uring's request format on something that is not io_uring: the queues, chains, timeouts, cancels, messages and buffers are here, and a back end does the calls. Everything belongs to the owner's thread but
/// <see cref="KernelRing.Wake"/> and, once the ring is closed, <see cref="FinishLate"/>. In the steady state nothing is allocated.
/// </summary>
/// <remarks>
/// A back end ends every request that it was given in <see cref="Start"/> by exactly one <see cref="Finish"/>: at once, or from <see cref="Collect"/>, <see cref="TryCancel"/> or
/// <see cref="CloseBackEnd"/>. The object is the next request's afterwards. Steps that become ready by it begin when the back end has returned, never inside <see cref="Finish"/>.
/// </remarks>
internal abstract unsafe partial class EmulatedRing : KernelRing
{
    private const uint TaskRun = IORING_SQ_TASKRUN;

    private readonly EmulatedQueues queues;
    private readonly EmulatedChains chains;
    private readonly EmulatedCancel cancel;
    private readonly EmulatedRegistrations registrations;
    private readonly Lock late = new();
    private EmulatedMessages? messages;
    private bool woken;

    /// <summary>Initializes a new instance of the <see cref="EmulatedRing"/> class.</summary>
    /// <param name="submissionEntries">Size of the submission queue; rounded up to a power of two.</param>
    /// <param name="completionEntries">Size of the completion queue; rounded up to a power of two.</param>
    protected EmulatedRing(uint submissionEntries, uint completionEntries)
    {
        queues = new EmulatedQueues(submissionEntries, completionEntries);
        chains = new EmulatedChains(this);
        cancel = new EmulatedCancel(this);
        registrations = new EmulatedRegistrations(this);
        Timeouts = new EmulatedTimeouts(this);
        queues.Map(ref Submissions, ref Completions);
        SetAttention(queues.Attention, quiet: 0);
    }

    /// <inheritdoc/>
    public override bool CompletesAfterClose => true;

    /// <inheritdoc/>
    public override bool HasOverflow => queues.HasOverflow;

    /// <summary>Gets the request objects.</summary>
    internal EmulatedRequests Requests { get; } = new();

    /// <summary>Gets the timeouts.</summary>
    internal EmulatedTimeouts Timeouts { get; }

    /// <summary>Gets the time, in nanoseconds.</summary>
    internal long Time => Now;

    /// <summary>Gets a value indicating whether <see cref="Close"/> was called: nothing begins any more.</summary>
    internal bool IsClosed { get; private set; }

    /// <summary>Gets the monotonic time in nanoseconds: the clock of timeouts and of waits, the same as <see cref="KernelRing.Clock"/> tells.</summary>
    protected abstract long Now { get; }

    /// <summary>Gets the size of the submission queue.</summary>
    protected uint SubmissionCapacity => queues.SubmissionCapacity;

    /// <summary>Gets the size of the completion queue.</summary>
    protected uint CompletionCapacity => queues.CompletionCapacity;

    /// <summary>Gets the oldest request in flight; the others follow by <see cref="EmulatedRequest.Next"/>. Timeouts are among them, steps of a chain that wait for their turn are not.</summary>
    protected EmulatedRequest? FirstInFlight => Requests.First;

    /// <summary>Gets how many requests were submitted and have not ended.</summary>
    protected int Live => Requests.Live;

    /// <summary>Gets when the earliest timeout is due; <see cref="long.MaxValue"/> when there is none.</summary>
    protected long NextDue => Timeouts.NextDue;

    /// <inheritdoc/>
    public override int Register(uint operation, void* argument, uint count) => registrations.Run(operation, argument, count);

    /// <inheritdoc/>
    public override int RegisterIdentity(FileIdentity identity) => registrations.Identities.Register(identity);

    /// <inheritdoc/>
    public override void UnregisterIdentity(int number) => registrations.Identities.Unregister(number);

    /// <inheritdoc/>
    public override void Close(bool fromOwner)
    {
        lock (late)
        {
            if (IsClosed)
            {
                return;
            }

            IsClosed = true;
            messages?.Close();
            queues.Grow(Requests.Live, ref Completions);
            chains.CancelReady();
            while (FirstTimeout() is { } timeout)
            {
                Finish(timeout, -Errno.ECANCELED);
            }

            CloseBackEnd(fromOwner); // Under the lock, which those who end requests late take.
        }
    }

    /// <inheritdoc/>
    public override void ReleaseMemory()
    {
        registrations.Files.Close();
        queues.Free();
    }

    /// <summary>Ends a request by its terminal completion, for the parts of this folder.</summary>
    internal void End(EmulatedRequest request, int result) => Finish(request, result);

    /// <summary>Posts one item of a multishot, for the parts of this folder.</summary>
    internal bool Report(EmulatedRequest request, int result) => Progress(request, result);

    /// <summary>Cancels one request in flight: 0, −EALREADY or −ENOENT.</summary>
    internal int Cancel(EmulatedRequest request)
    {
        if (request.Opcode == Opcode.Timeout)
        {
            Finish(request, -Errno.ECANCELED);
            return 0;
        }

        return TryCancel(request);
    }

    /// <summary>Has a poll that waits wait for other events: 0, −EALREADY when it is firing, or −EINVAL where that cannot be done.</summary>
    internal virtual int ChangePoll(EmulatedRequest request, uint events) => -Errno.EINVAL;

    /// <summary>Ends a linked timeout, which is no failure of the chain that it stands in.</summary>
    internal void EndLinkedTimeout(EmulatedRequest timeout, int result)
    {
        Timeouts.Disarm(timeout);
        if (!timeout.SkipsSuccess)
        {
            queues.Post(timeout.UserData, result, 0);
        }

        Requests.Return(timeout);
    }

    /// <summary>Ends a step of a chain that was never begun.</summary>
    internal void EndUnbegun(EmulatedRequest request, int result, bool silent)
    {
        if (!silent)
        {
            queues.Post(request.UserData, result, 0);
        }

        Requests.Return(request);
    }

    /// <summary>Gets whom a request is to be made as, or null for the process's own user.</summary>
    internal FileIdentity? IdentityOf(in SubmissionEntry entry) => entry.Personality == 0 ? null : registrations.Identities.Find(entry.Personality);

    /// <summary>Says whether a descriptor is open.</summary>
    internal virtual bool IsDescriptorOpen(int descriptor) => true;

    /// <summary>Copies from memory whose address a user gave. False when it cannot be read.</summary>
    internal virtual bool TryRead(void* destination, ulong source, int bytes) => UserMemory.TryRead(destination, source, bytes);

    /// <summary>Reads another clock than the monotonic one: IORING_TIMEOUT_BOOTTIME or IORING_TIMEOUT_REALTIME. Nanoseconds.</summary>
    internal virtual long ReadClock(uint clockFlag) => Now;

    /// <summary>Begins a request, and ends it now or later by <see cref="Finish"/>. Only requests that <see cref="Check"/> let through and that the base does not do by itself.</summary>
    protected abstract void Start(EmulatedRequest request);

    /// <summary>
    /// Cancels a request that was begun. 0: it has ended or will end, by −ECANCELED or by success when it was too late; −EALREADY: it runs and was asked to stop; −ENOENT: it cannot be cancelled.
    /// May finish this request, and no other.
    /// </summary>
    protected abstract int TryCancel(EmulatedRequest request);

    /// <summary>
    /// Sleeps until something could have completed, or <see cref="KernelRing.Wake"/> was called, or the time is over (negative: no limit). May return early for nothing. The base looks at its timeouts itself.
    /// </summary>
    /// <returns>0, or a negative errno that ends the enter: −EINTR.</returns>
    protected abstract int Wait(long timeoutNanoseconds);

    /// <summary>Takes what completed in the back end and finishes it. Called in every enter, and after every wait. Tells of a wake by <see cref="OnWoken"/>.</summary>
    protected abstract void Collect();

    /// <summary>Closes the back end: every request still in flight is finished by <see cref="FinishLate"/>, here or later.</summary>
    /// <param name="fromOwner">Whether the caller is the owner; false only when the owner's thread is dead.</param>
    protected abstract void CloseBackEnd(bool fromOwner);

    /// <summary>Gives the kernel what was begun since the last call, for back ends that collect it. May finish requests.</summary>
    protected virtual void Flush()
    {
    }

    /// <summary>Says how many of these published entries this enter takes; the others stay for the next one.</summary>
    protected virtual uint SubmitLimit(uint published) => published;

    /// <summary>Called before an enter returns, when nothing more will be begun in it: a loop that only polls has to be told by the back end when <see cref="NextDue"/> has come.</summary>
    protected virtual void OnEnterEnds()
    {
    }

    /// <summary>Says what is wrong with an entry at submit: 0 or a negative errno. It fails alone, or with its whole chain.</summary>
    protected virtual int Check(EmulatedRequest request)
    {
        ref SubmissionEntry entry = ref request.Entry;
        if (!Supports(entry.Opcode) || (entry.Flags & EntryFlags.Drain) != 0 || (entry.Personality != 0 && IdentityOf(entry) is null))
        {
            return -Errno.EINVAL;
        }

        return 0;
    }

    /// <summary>Called when a request ends whose <see cref="EmulatedRequest.DescriptorUse"/> is not none.</summary>
    protected virtual void ReleaseDescriptor(EmulatedRequest request)
    {
    }

    /// <summary>Says whether the enter has to be repeated for the back end's sake although nothing overflowed (a batch of task work, say).</summary>
    protected virtual bool HasMore() => false;

    /// <summary>
    /// Writes what <see cref="KernelRing.NeedsAttention"/> looks at. Called at the end of every enter; a back end may call it whenever its own state changes on the owner's thread.
    /// </summary>
    protected virtual void UpdateAttention()
    {
        uint bits = queues.HasOverflow ? IORING_SQ_CQ_OVERFLOW : 0;
        Volatile.Write(ref *queues.Attention, HasMore() ? bits | TaskRun : bits);
    }

    /// <summary>Has <see cref="KernelRing.NeedsAttention"/> look at the queues' own word (again).</summary>
    protected void WatchQueues() => SetAttention(queues.Attention, quiet: 0);

    /// <summary>From now on other emulated rings can send messages to this one under this number.</summary>
    protected void OpenMessages(int number)
    {
        messages = new EmulatedMessages(this, number);
        messages.Open();
    }

    /// <summary>A wake arrived: the present wait ends, or the next one.</summary>
    protected void OnWoken() => woken = true;

    /// <summary>
    /// Ends a request by its terminal completion: posts it unless its success is to be skipped, begins or cancels what follows in its chain, and gives the object back. A selected buffer goes along when bytes went into it
    /// (a positive result), and back otherwise.
    /// </summary>
    protected void Finish(EmulatedRequest request, int result, uint flags = 0)
    {
        if (request.FixedSlot != 0)
        {
            result = registrations.Files.Settle(request, result);
        }

        bool failed = EmulatedOutcome.IsFailure(request, result);
        if (request.HasBuffer)
        {
            flags |= TakeBufferFlags(request, result);
        }

        Requests.Remove(request);
        if (request.HeapIndex >= 0)
        {
            Timeouts.Disarm(request);
        }

        if (failed || !request.SkipsSuccess)
        {
            queues.Post(request.UserData, result, flags);
        }

        if (request.DescriptorUse != DescriptorUse.None)
        {
            ReleaseDescriptor(request);
        }

        if (request.LinkedTimeout is { } timeout)
        {
            request.LinkedTimeout = null;
            EndLinkedTimeout(timeout, -Errno.ECANCELED);
        }

        if (request.NextInChain is not null)
        {
            chains.Continue(request, failed);
        }

        Requests.Return(request);
    }

    /// <summary>
    /// Posts one item of a multishot, with F_MORE. False when the queue has no room: nothing was posted, and the multishot has to end with this item by <see cref="Finish"/>, as io_uring's do.
    /// </summary>
    protected bool Progress(EmulatedRequest request, int result, uint flags = 0)
    {
        if (!queues.HasRoom)
        {
            return false;
        }

        if (request.HasBuffer)
        {
            flags |= TakeBufferFlags(request, result);
        }

        queues.Post(request.UserData, result, flags | IORING_CQE_F_MORE);
        return true;
    }

    /// <summary>Finishes a request after the ring was closed, on whichever thread: nothing follows it any more.</summary>
    protected void FinishLate(EmulatedRequest request, int result, uint flags = 0)
    {
        lock (late)
        {
            Finish(request, result, flags);
        }
    }

    /// <summary>Takes the next provided buffer of the request's group for it. False: there is none, and the request ends with −ENOBUFS.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    protected bool TrySelectBuffer(EmulatedRequest request, out ProvidedBuffer buffer)
    {
        bool selected = registrations.Provided.TrySelect(request);
        buffer = request.Buffer;
        return selected;
    }

    /// <summary>Gives the request's buffer back, because nothing went into it. Only before another is taken from the same group.</summary>
    protected void ReturnBuffer(EmulatedRequest request)
    {
        if (request.HasBuffer)
        {
            registrations.Provided.Return(request);
        }
    }

    /// <summary>Says whether a fixed read's or write's memory lies in the registered buffer that it names: 0 or −EFAULT.</summary>
    protected int CheckRegisteredBuffer(EmulatedRequest request) => CheckRegisteredBuffer(request, request.Entry.Address, request.Entry.Length);

    /// <summary>Says the same of a piece of it.</summary>
    protected int CheckRegisteredBuffer(EmulatedRequest request, ulong address, ulong length) => registrations.Registered.Check(request.Entry.BufferIndex, address, length);

    private uint TakeBufferFlags(EmulatedRequest request, int result)
    {
        if (result > 0)
        {
            request.HasBuffer = false;
            return IORING_CQE_F_BUFFER | ((uint)request.Buffer.Id << IORING_CQE_BUFFER_SHIFT);
        }

        registrations.Provided.Return(request);
        return 0;
    }

    private EmulatedRequest? FirstTimeout()
    {
        EmulatedRequest? request = Requests.First;
        while (request is not null && request.Opcode != Opcode.Timeout)
        {
            request = request.Next;
        }

        return request;
    }
}
