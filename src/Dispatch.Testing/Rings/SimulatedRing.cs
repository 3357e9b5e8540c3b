namespace Dispatch.Testing;

/// <summary>
/// A ring of the simulated kernel. Requests are done at once, or after a delay, or when what they work on is ready; what becomes ready outside an enter is done in the owner's next one, as io_uring does with deferred task
/// work, and the attention bit says so. All rings of a kernel share its lock, which nobody contends for when the loops are stepped on one thread.
/// </summary>
internal sealed unsafe class SimulatedRing : EmulatedRing
{
    private readonly SimulatedKernel kernel;
    private readonly SimulatedWork operations;
    private readonly ReadyLine ready;
    private readonly WorkerCalls calls;
    private readonly EnterRules rules;
    private readonly RingTimer timer;
    private readonly StagedMemory staged;
    private readonly RingWorkPool works;
    private bool wakeSeen;

    /// <summary>Initializes a new instance of the <see cref="SimulatedRing"/> class.</summary>
    public SimulatedRing(SimulatedKernel kernel, int number, EventLoopOptions options)
        : base((uint)options.SubmissionEntries, (uint)options.CompletionEntries)
    {
        this.kernel = kernel;
        Number = number;
        operations = new SimulatedWork(this);
        timer = new RingTimer(this);
        ready = new ReadyLine(kernel);
        works = new RingWorkPool(this);
        calls = new WorkerCalls(kernel);
        rules = new EnterRules(this);
        staged = new StagedMemory(kernel);
        MessageDescriptor = RingNumbers.Next();
        OpenMessages(MessageDescriptor);
        Description = new KernelDescription(KernelKind.Auto, SubmissionCapacity, CompletionCapacity, ["simulated"], [], [], SimulatedWork.SupportedCount, false, "none: simulated");
    }

    /// <summary>Gets the kernel.</summary>
    public SimulatedKernel Kernel => kernel;

    /// <summary>Gets the number of its loop, for the trace.</summary>
    public int Number { get; }

    /// <summary>Gets or sets the loop's engine, once it is known: nobody else may use the ring.</summary>
    public LoopEngine? Engine { get; set; }

    /// <summary>Gets or sets what steps the loop, when it is stepped.</summary>
    public LoopStepper? Stepper { get; set; }

    /// <summary>Gets how many requests have been begun.</summary>
    public long Begun { get; private set; }

    /// <summary>Gets how many requests were submitted and have not ended.</summary>
    public int Unended => Live;

    /// <inheritdoc/>
    public override KernelDescription Description { get; }

    /// <inheritdoc/>
    public override bool BundlesReceives => true;

    /// <inheritdoc/>
    public override TimeProvider Clock => kernel.Clock;

    /// <inheritdoc/>
    public override int MessageDescriptor { get; }

    /// <inheritdoc/>
    public override KernelCalls Calls => kernel.Calls;

    /// <inheritdoc/>
    public override OffLoop OffLoop => kernel.OffLoop;

    /// <inheritdoc/>
    public override bool CompletesAfterClose => false; // Whatever was in flight completes in the close.

    /// <inheritdoc/>
    public override bool WatchesStaging => kernel.IsStepped && kernel.Options.WatchMemory;

    /// <inheritdoc/>
    protected override long Now => kernel.Now;

    /// <inheritdoc/>
    public override bool Supports(Opcode opcode) => SimulatedWork.Supports(opcode);

    /// <inheritdoc/>
    public override int Enter(uint minimumCompletions, long timeoutNanoseconds)
    {
        lock (kernel.Gate)
        {
            rules.VerifyCaller();
            kernel.Faults.RequestKind = SimulationTally.NoRequest;
            int refusal = kernel.IsStepped ? rules.DrawRefusal() : 0;
            int result = refusal != 0 ? refusal : base.Enter(minimumCompletions, timeoutNanoseconds);
            kernel.Trace.Add(TraceKind.Enter, kernel.Now, Number, result: result);
            kernel.ArmLiveTimer();
            return result;
        }
    }

    /// <inheritdoc/>
    public override int Register(uint operation, void* argument, uint count)
    {
        lock (kernel.Gate)
        {
            rules.VerifyCaller();
            return base.Register(operation, argument, count);
        }
    }

    /// <inheritdoc/>
    public override bool TryPrepareWakeRequest(ref SubmissionEntry entry) => false;

    /// <inheritdoc/>
    public override void Wake()
    {
        kernel.NoteThread();
        lock (kernel.Gate)
        {
            wakeSeen = true;
            UpdateAttention();
            Monitor.PulseAll(kernel.Gate);
        }
    }

    /// <inheritdoc/>
    public override void OnStaged(in SubmissionEntry entry) => staged.Add(entry);

    /// <inheritdoc/>
    public override void Close(bool fromOwner)
    {
        lock (kernel.Gate)
        {
            kernel.Events.Remove(timer);
            base.Close(fromOwner);
        }
    }

    /// <inheritdoc/>
    public override bool TryBeginCall(WorkerCall call, WorkerPool pool)
    {
        lock (kernel.Gate)
        {
            calls.Begin(call, pool);
            return true;
        }
    }

    /// <inheritdoc/>
    public override int CancelCall(WorkerCall call)
    {
        lock (kernel.Gate)
        {
            return calls.Cancel(call);
        }
    }

    /// <summary>A request's time has come, or what it waits for may be there: it is done in the owner's next enter.</summary>
    public void Enqueue(RingWork work)
    {
        ready.Add(work);
        UpdateAttention();
        if (!kernel.IsStepped)
        {
            Monitor.PulseAll(kernel.Gate); // The owner may sleep on its own thread.
        }
    }

    /// <summary>What a request stood in line for may be there.</summary>
    public void OnReady(RingWork work)
    {
        work.WaitsAt = null;
        kernel.Faults.RequestKind = (int)work.Request.Opcode;
        if (kernel.Faults.Strikes(FaultKind.Delay))
        {
            work.Stage = WorkStage.Delayed;
            kernel.Events.Schedule(work, kernel.Now + kernel.DrawDelay());
        }
        else
        {
            Enqueue(work);
        }
    }

    /// <summary>Ends a request.</summary>
    public void Complete(RingWork work, int result, uint flags = 0)
    {
        EmulatedRequest request = work.Request;
        Leave(work, result);
        kernel.Trace.Add(TraceKind.End, kernel.Now, Number, request.Opcode, request.Entry.Fd, request.UserData, result);
        kernel.CountCompletion();
        Finish(request, result, flags);
    }

    /// <summary>Posts an item of a multishot. False: it has ended with this item.</summary>
    public bool Report(RingWork work, int result, uint flags = 0)
    {
        EmulatedRequest request = work.Request;
        if (!kernel.Faults.Strikes(FaultKind.MultishotEnd) && Progress(request, result, flags))
        {
            work.IsMissed = false;
            kernel.CountCompletion();
            kernel.Trace.Add(TraceKind.Item, kernel.Now, Number, request.Opcode, request.Entry.Fd, request.UserData, result);
            return true;
        }

        Complete(work, result, flags);
        return false;
    }

    /// <summary>Takes a provided buffer for a request, or says that there is none.</summary>
    public bool TryTakeBuffer(RingWork work, out ProvidedBuffer buffer) => TrySelectBuffer(work.Request, out buffer);

    /// <summary>Gives a request's buffer back, into which nothing went.</summary>
    public void PutBufferBack(RingWork work) => ReturnBuffer(work.Request);

    /// <summary>Says whether a fixed request's memory is in its registered buffer.</summary>
    public int CheckRegistered(RingWork work) => CheckRegisteredBuffer(work.Request);

    /// <summary>The time of the earliest timeout has come.</summary>
    public void OnTimer() => UpdateAttention();

    /// <inheritdoc/>
    internal override int ChangePoll(EmulatedRequest request, uint events)
    {
        RingWork work = (RingWork)request.State!;
        if (work.Stage == WorkStage.Running)
        {
            return -Errno.EALREADY;
        }

        request.Entry.OperationFlags = events;
        if (work.Stage == WorkStage.Waiting)
        {
            work.WaitsAt?.RemoveWaiter(work);
            work.WaitsAt = null;
            Enqueue(work); // What it waits for now may be there already.
        }

        return 0;
    }

    /// <inheritdoc/>
    internal override bool IsDescriptorOpen(int descriptor) => kernel.Descriptors.Find(descriptor) is not null;

    /// <inheritdoc/>
    internal override bool TryRead(void* destination, ulong source, int bytes)
    {
        if (source < 65_536)
        {
            return false;
        }

        new ReadOnlySpan<byte>((void*)source, bytes).CopyTo(new Span<byte>(destination, bytes));
        return true;
    }

    /// <inheritdoc/>
    internal override long ReadClock(uint clockFlag) => clockFlag == IoUringAbi.IORING_TIMEOUT_REALTIME ? VirtualClock.EpochNanoseconds + kernel.Now : kernel.Now;

    /// <inheritdoc/>
    protected override void Start(EmulatedRequest request)
    {
        RingWork work = works.Rent(request);
        Begun++;
        kernel.Faults.RequestKind = (int)request.Opcode;
        kernel.CountBegin(request.Opcode);
        kernel.Trace.Add(TraceKind.Begin, kernel.Now, Number, request.Opcode, request.Entry.Fd, request.UserData, request.Entry.Length);
        int error = operations.Prepare(work);
        if (error != 0)
        {
            Complete(work, error);
        }
        else if (kernel.Faults.Strikes(FaultKind.Delay))
        {
            work.Stage = WorkStage.Delayed;
            kernel.Events.Schedule(work, kernel.Now + kernel.DrawDelay());
        }
        else
        {
            Run(work);
        }
    }

    /// <inheritdoc/>
    protected override int Check(EmulatedRequest request)
    {
        staged.Verify(request.Entry);
        return base.Check(request);
    }

    /// <inheritdoc/>
    protected override int TryCancel(EmulatedRequest request)
    {
        RingWork work = (RingWork)request.State!;
        kernel.Faults.RequestKind = (int)request.Opcode;
        int answer = work.Stage switch
        {
            _ when work.Notification is not null => -Errno.ENOENT, // The send is over; what is still to come cannot be taken back.
            WorkStage.Running => -Errno.EALREADY,
            WorkStage.Waiting => 0,
            WorkStage.Ready when work.IsMultishot && kernel.Faults.Strikes(FaultKind.LostCancel) => -Errno.ENOENT,
            _ => kernel.Faults.Strikes(FaultKind.CancelRace) ? -Errno.EALREADY : 0,
        };
        kernel.Trace.Add(TraceKind.Cancel, kernel.Now, Number, request.Opcode, request.Entry.Fd, request.UserData, answer);
        if (answer == 0)
        {
            Complete(work, CancelledResult(work));
        }
        else if (work.Notification is null)
        {
            // It is done once more. A multishot that brings something then is told again by whoever wants it to end.
            work.IsMissed = answer == -Errno.ENOENT;
            work.IsStopping = !work.IsMissed;
        }

        return answer;
    }

    /// <inheritdoc/>
    protected override int Wait(long timeoutNanoseconds) => kernel.Wait(this, timeoutNanoseconds);

    /// <inheritdoc/>
    protected override void Collect()
    {
        if (wakeSeen)
        {
            wakeSeen = false;
            OnWoken();
        }

        for (int left = ready.DrawBatch(); left > 0 && ready.Count != 0; left--)
        {
            Run(ready.Take());
        }
    }

    /// <inheritdoc/>
    protected override bool HasMore() => ready.Count != 0 || wakeSeen || NextDue <= kernel.Now;

    /// <inheritdoc/>
    protected override uint SubmitLimit(uint published) =>
        published > 1 && kernel.IsStepped && kernel.Faults.Strikes(FaultKind.PartialSubmit) ? 1 + (uint)kernel.Faults.Below((int)published - 1) : published;

    /// <inheritdoc/>
    protected override void OnEnterEnds()
    {
        long due = NextDue;
        if (due == long.MaxValue)
        {
            kernel.Events.Remove(timer);
        }
        else if (!timer.IsScheduled || timer.Time != due)
        {
            kernel.Events.Schedule(timer, Math.Max(due, kernel.Now));
        }
    }

    /// <inheritdoc/>
    protected override void CloseBackEnd(bool fromOwner)
    {
        while (FirstInFlight is { } request)
        {
            RingWork work = (RingWork)request.State!;
            Complete(work, CancelledResult(work));
        }
    }

    private static int CancelledResult(RingWork work) => work.Done != 0 ? work.Done : -Errno.ECANCELED; // What was moved before the cancel is no failure.

    private void Run(RingWork work)
    {
        if (work.Notification is { } usage)
        {
            Complete(work, usage, IoUringAbi.IORING_CQE_F_NOTIF);
            return;
        }

        int result = work.Decided ?? operations.Run(work);
        if (result != Outcome.WouldBlock)
        {
            if (work.Stage == WorkStage.Running && (result < 0 || work.Request.Opcode != Opcode.SendZc || !TryPostpone(work, result)))
            {
                Complete(work, result);
            }
        }
        else if (work.IsStopping || work.IsMissed)
        {
            Complete(work, CancelledResult(work));
        }
        else
        {
            work.Stage = WorkStage.Waiting;
            work.HasWaited = true;
            kernel.Trace.Add(TraceKind.Wait, kernel.Now, Number, work.Request.Opcode, work.Request.Entry.Fd, work.Request.UserData);
            work.WaitsAt ??= work.Target;
            work.WaitsAt?.AddWaiter(work);
        }
    }

    /// <summary>The bytes of a send without a copy are on their way: the memory is lent until its second completion, which says whether they were copied after all.</summary>
    private bool TryPostpone(RingWork work, int result)
    {
        if (!Progress(work.Request, result))
        {
            return false;
        }

        kernel.CountCompletion();
        kernel.Trace.Add(TraceKind.Item, kernel.Now, Number, work.Request.Opcode, work.Request.Entry.Fd, work.Request.UserData, result);
        work.Notification = kernel.Faults.Below(4) == 0 ? int.MinValue : 0;
        work.Stage = WorkStage.Delayed;
        kernel.Events.Schedule(work, kernel.Now + kernel.DrawDelay());
        return true;
    }

    private void Leave(RingWork work, int result)
    {
        switch (work.Stage)
        {
            case WorkStage.Delayed:
                kernel.Events.Remove(work);
                break;
            case WorkStage.Waiting:
                work.WaitsAt?.RemoveWaiter(work);
                kernel.Futexes.Remove(work);
                break;
            case WorkStage.Ready:
                ready.Remove(work);
                break;
        }

        operations.Return(work, result);
        OpenDescription? target = work.Target;
        works.Return(work);
        target?.Release();
    }
}
