using System.Runtime.CompilerServices;

namespace Dispatch;

/// <summary>
/// The object that waits for one request's completions. It lives in a slot of its loop's table and is named to the kernel by slot number
/// and generation; the generation moves on at the terminal completion, so nothing late can reach the next request made with this object.
/// Owner thread only.
/// </summary>
internal abstract class Operation : ICancellable
{
    private RequestReferences references;
    private LoopCall? call;
    private bool isCancelNoted;
    private byte missedCancels;

    /// <summary>Initializes a new instance of the <see cref="Operation"/> class that takes a slot at once. Owner only.</summary>
    protected Operation(LoopEngine engine)
        : this(engine, settled: true)
    {
    }

    /// <summary>
    /// Initializes a new instance of the <see cref="Operation"/> class. One that belongs to a handle is not settled: a handle may be made on any thread, and the table is the owner's;
    /// nor should the table keep a forgotten handle alive. It takes a slot with each request, by <see cref="TakeSlot"/>, and leaves it at the terminal completion.
    /// </summary>
    protected Operation(LoopEngine engine, bool settled)
    {
        Engine = engine;
        Index = -1;
        if (settled)
        {
            engine.Table.Add(this);
        }
    }

    /// <summary>Gets the loop's engine.</summary>
    public LoopEngine Engine { get; private set; }

    /// <summary>Gets the slot number, or −1 when the object has left the table.</summary>
    public int Index { get; private set; }

    /// <summary>Gets the current tenancy.</summary>
    public uint Generation { get; private set; }

    /// <summary>Gets a value indicating whether the kernel has a request of this operation.</summary>
    public bool InFlight { get; private set; }

    /// <summary>Gets what kind of request it is, for cancellation, orphans and reports.</summary>
    public Opcode Opcode { get; private set; }

    /// <summary>Gets the descriptor of the request, for reports.</summary>
    public int Descriptor { get; private set; }

    /// <summary>Gets the name of the call as its man page has it, for messages.</summary>
    public string CallName => CallEntry.IsCall(Opcode) ? SystemCallTable.NameOf(Descriptor) : OpcodeNames.Of(Opcode);

    /// <summary>Gets a value indicating whether a worker has it, and no ring.</summary>
    public bool IsCall => call is not null;

    /// <summary>Gets or sets the next idle object in its pool.</summary>
    public Operation? NextPooled { get; set; }

    /// <summary>
    /// Gets what a late cancel is checked against. An operation that makes several requests in a row for one use overrides it with the use's own number.
    /// </summary>
    public virtual uint CancelEpoch => Generation;

    /// <inheritdoc/>
    public uint ArmedEpoch { get; set; }

    /// <summary>Gets whom its next completion goes to, where that is no await; for reports of stalls.</summary>
    public virtual object? Observer => null;

    /// <summary>Gets the tag that names this tenancy to the kernel.</summary>
    public ulong Tag => Tags.Of(Index, Generation);

    /// <summary>Called by the engine for every completion.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Deliver(in CompletionEntry entry) => OnCompletion(entry, Account(entry));

    /// <summary>
    /// Accounts for a completion and says whether it is the terminal one. That one first ends the tenancy and lets go of everything that was lent, so that user
    /// code that runs next finds the memory its own again, and may start the next request with this same object.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Account(in CompletionEntry entry)
    {
        if ((entry.Flags & IoUringAbi.IORING_CQE_F_MORE) != 0)
        {
            if (missedCancels != 0)
            {
                OnAliveAfterCancel();
            }

            return false;
        }

        Generation++;
        InFlight = false;
        Engine.Table.InFlight--;
        if (references.IsHeld)
        {
            references.Release();
        }

        return true;
    }

    /// <summary>Asks the kernel to cancel what is in flight. The terminal completion answers. Safe at any time; queued when the queue is full.</summary>
    public virtual void RequestCancel()
    {
        if (call is not null)
        {
            CancelCall();
        }
        else if (InFlight)
        {
            missedCancels = 0;
            Engine.Cancellation.Stage(this);
        }
    }

    /// <summary>Cancels what a worker has of this operation, if it has anything: 0 when the call will not be made, −EALREADY when it is told to stop.</summary>
    public int CancelCall() => call is null ? -Errno.ENOENT : Engine.Workers.Cancel(call);

    /// <summary>Its call is over and is taken back for the next use, before the result is delivered.</summary>
    public void LeaveCall() => call = null;

    /// <summary>
    /// Its call is over, and the loop is no more. What was lent is free again; a descriptor that it made has no taker. The worker's thread: the loop's own will not touch this object again.
    /// </summary>
    public void EndLate(long result)
    {
        references.ReleaseMemory();
        if (Opcode == CallEntry.DescriptorCall && result >= 0)
        {
            _ = Engine.Ring.Calls.Close((int)result);
        }
    }

    /// <summary>A cancel of everything is on its way: this one is to end, too.</summary>
    public void NoteCancel() => isCancelNoted = call is null;

    /// <summary>The cancel of everything has been answered; if it went past this one, it is asked by itself.</summary>
    public void RepeatNotedCancel()
    {
        if (isCancelNoted)
        {
            isCancelNoted = false;
            Engine.Cancellation.Stage(this);
        }
    }

    /// <summary>The kernel did not find what it was asked to cancel.</summary>
    public void OnCancelMissed()
    {
        if (missedCancels < Cancellation.MaxMisses)
        {
            missedCancels++;
            Engine.Cancellation.Stage(this);
        }
    }

    /// <summary>Called by the table when the object takes or leaves a slot.</summary>
    public void Settle(int index, uint generation)
    {
        Index = index;
        Generation = generation;
    }

    /// <summary>Gives the object to another loop, on whose thread this is called. It has no slot, and nothing in flight.</summary>
    public void GiveTo(LoopEngine engine) => Engine = engine;

    /// <summary>Brings an object that a foreign thread was done with back to its pool. Owner only; for pooled kinds.</summary>
    public virtual void ReturnToPool() => Engine.Table.Remove(this);

    /// <summary>Takes the request's references over and stages it. Throws, with nothing taken, when a handle is closed.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    protected void Start(in IoRequest request)
    {
        if (request.IsBare)
        {
            StartEntry(request.Entry);
        }
        else
        {
            StartWithReferences(request);
        }
    }

    /// <summary>
    /// Takes the request's references over, and writes descriptor and addresses into the entry, without staging anything yet: of a chain, all steps are held before the first one is staged.
    /// Throws, with nothing taken. <see cref="StartEntry"/> or <see cref="LetGo"/> follows.
    /// </summary>
    protected void Hold(in IoRequest request, ref SubmissionEntry entry)
    {
        if ((entry.Flags & EntryFlags.BufferSelect) != 0 && entry.BufferGroup == BufferPool.Group)
        {
            _ = Engine.ReceiveBuffers; // The first such request creates them: without, the kernel would answer ENOBUFS to every one.
        }

        references.Acquire(Engine, request, ref entry);
    }

    /// <summary>Lets go of what <see cref="Hold"/> took: nothing is staged after all.</summary>
    protected void LetGo()
    {
        if (references.IsHeld)
        {
            references.Release();
        }
    }

    /// <summary>Takes a slot, if it has none.</summary>
    protected void TakeSlot()
    {
        if (Index < 0)
        {
            Engine.Table.Add(this);
        }
    }

    /// <summary>Stages an entry that refers to nothing but what the operation itself keeps alive.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    protected void StartEntry(in SubmissionEntry entry)
    {
        NoteStart(entry);
        Engine.Submissions.Stage(entry, Tag);
    }

    /// <summary>Handles one completion. <see cref="InFlight"/> is already false for the terminal one.</summary>
    protected abstract void OnCompletion(in CompletionEntry entry, bool terminal);

    private void OnAliveAfterCancel()
    {
        // It missed, and the request went on: as long as that brings completions, the cancel is not given up.
        bool givenUp = missedCancels >= Cancellation.MaxMisses;
        missedCancels = 0;
        if (givenUp)
        {
            OnCancelMissed();
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void NoteStart(in SubmissionEntry entry)
    {
        InFlight = true;
        isCancelNoted = false;
        missedCancels = 0;
        Opcode = entry.Opcode;
        Descriptor = entry.Fd;
        Engine.Table.InFlight++;
        Engine.Latency?.OnStaged(Index, entry.Opcode, entry.Fd);
    }

    /// <summary>A system call: the ring's where that has the same operation, else a worker's.</summary>
    private void StartCall(in IoRequest request)
    {
        SubmissionEntry entry = request.Entry;
        references.AcquireForCall(Engine, request, ref entry);
        if (RingCalls.TryTranslate(CallEntry.Of(ref entry), Engine.Ring, out SubmissionEntry ofRing))
        {
            ofRing.Personality = request.Extras?.Credentials?.Number ?? 0;
            StartEntry(ofRing);
            return;
        }

        NoteStart(entry);
        call = Engine.Workers.Begin(this, CallEntry.Of(ref entry), request.Extras?.Credentials?.Identity);
    }

    private void StartWithReferences(in IoRequest request)
    {
        if (request.IsChained)
        {
            throw IoRequest.Alone(request);
        }

        SubmissionEntry entry = request.Entry;
        if (CallEntry.IsCall(entry.Opcode))
        {
            StartCall(request);
            return;
        }

        if (ReferenceEquals(request.Target, IoRequest.TargetByTag) && Engine.Raw.FindCall(entry.Address) is { } target)
        {
            NoteStart(entry); // The kernel knows nothing of it.
            call = Engine.Workers.Answer(this, target.CancelCall());
            return;
        }

        Hold(request, ref entry);
        StartEntry(entry);
        if (request.Target is OwnedDescriptor { IsDirect: true })
        {
            Engine.CountForDevice();
        }
    }
}
