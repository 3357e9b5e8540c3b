using static Dispatch.AioAbi;

namespace Dispatch;

/// <summary>
/// Linux AIO behind the seam, for systems that refuse io_uring. Direct reads and writes, syncs and readiness complete in the context's ring in user memory, read without a system call; what the kernel cannot do
/// asynchronously is done by workers. See <c>io_submit(2)</c> (with IOCB_CMD_POLL), <c>io_getevents(2)</c>. Everything belongs to the owner's thread but <see cref="Wake"/>, <see cref="SignalOwner"/> and
/// <see cref="IWorkerOwner.EndLate"/>.
/// </summary>
internal sealed unsafe partial class LinuxAioRing : EmulatedRing, IWorkerOwner
{
    private const int WaitingFactor = 4;
    private const int LeastWaiting = 64;
    private const int AlwaysReported = 0x8 | 0x10; // POLLERR, POLLHUP

    private readonly AioQueue context;
    private readonly WorkerPool workers;
    private readonly SocketRequests sockets;
    private readonly FileRequests files;
    private readonly FutexRequests futexes;
    private readonly AioReadiness readiness;
    private readonly DescriptorUses uses;
    private readonly AioAnnouncer announcer;
    private readonly AioWake wake;
    private EmulatedRequest? wakeRequest;
    private int wakeAsked;
    private bool released;

    internal LinuxAioRing(AioQueue context, int wakeDescriptor, EventLoopOptions options, string? refusal)
        : base((uint)options.SubmissionEntries, (uint)options.CompletionEntries)
    {
        this.context = context;
        wake = new AioWake(wakeDescriptor);
        workers = new WorkerPool(this, options.MaxKernelWorkers, Math.Max(LeastWaiting, options.MaxKernelWorkers * WaitingFactor));
        sockets = new SocketRequests(this);
        files = new FileRequests(this);
        futexes = new FutexRequests(this);
        uses = new DescriptorUses(this);
        readiness = new AioReadiness(this, context, uses);
        announcer = new AioAnnouncer(context);
        context.QueuePoll(context.Take(AioSlotUse.Wake, null), wakeDescriptor, POLLIN);
        Flush();
        Description = LinuxAioSetup.Describe(context, SubmissionCapacity, CompletionCapacity, refusal);
        OpenMessages(wakeDescriptor);
        UpdateAttention();
    }

    /// <inheritdoc/>
    public override KernelDescription Description { get; }

    /// <inheritdoc/>
    public override TimeProvider Clock => TimeProvider.System;

    /// <inheritdoc/>
    public override int MessageDescriptor => IsClosed ? -1 : wake.Descriptor;

    /// <summary>Gets the number of worker threads.</summary>
    internal int WorkerThreads => workers.ThreadCount;

    /// <summary>Gets the number of system calls that the ring made to sleep or to submit, for tests that prove their absence.</summary>
    internal long KernelCalls { get; private set; }

    /// <inheritdoc/>
    protected override long Now => System.Diagnostics.Stopwatch.GetTimestamp(); // CLOCK_MONOTONIC in nanoseconds on Linux.

    /// <inheritdoc/>
    public override bool Supports(Opcode opcode) => LinuxAioSetup.Supports(opcode);

    /// <inheritdoc/>
    public override bool TryPrepareWakeRequest(ref SubmissionEntry entry)
    {
        // The poll itself is always there, for workers and messages too; this request is what a wake completes.
        entry.Opcode = Opcode.PollAdd;
        entry.Fd = wake.Descriptor;
        entry.Length = IoUringAbi.IORING_POLL_ADD_MULTI;
        entry.OperationFlags = POLLIN;
        return true;
    }

    /// <inheritdoc/>
    public override int RegisterIdentity(FileIdentity identity)
    {
        int allowed = (int)identity.Run(static _ => 0, 0); // Told now and not by the first request.
        return allowed < 0 ? allowed : base.RegisterIdentity(identity);
    }

    /// <inheritdoc/>
    public override void Wake()
    {
        Volatile.Write(ref wakeAsked, 1); // Before the signal: whoever takes the signal has to find it.
        SignalOwner();
    }

    /// <inheritdoc/>
    public override void ReleaseMemory()
    {
        if (released)
        {
            return;
        }

        released = true;
        workers.Join();
        wake.Dispose();
        context.Free();
        base.ReleaseMemory();
    }

    /// <inheritdoc/>
    internal override bool IsDescriptorOpen(int descriptor) => SystemCall.Run(SystemCall.Control, descriptor, F_GETFD) >= 0;

    /// <inheritdoc/>
    internal override long ReadClock(uint clockFlag)
    {
        const int Realtime = 0;
        const int BootTime = 7;
        IoUringRecords.KernelTimespec time;
        _ = Libc.ClockGetTime(clockFlag == IoUringAbi.IORING_TIMEOUT_REALTIME ? Realtime : BootTime, &time);
        return (time.Seconds * 1_000_000_000) + time.Nanoseconds;
    }

    /// <inheritdoc/>
    internal override int ChangePoll(EmulatedRequest request, uint events)
    {
        if (ReferenceEquals(request, wakeRequest) || !readiness.TryCancel(request))
        {
            return -Errno.EALREADY;
        }

        request.Entry.OperationFlags = events;
        readiness.BeginPoll(request);
        return 0;
    }

    /// <summary>Makes an event in the context by the wake descriptor. Any thread.</summary>
    internal void SignalOwner() => wake.Signal();

    /// <inheritdoc/>
    protected override int Check(EmulatedRequest request)
    {
        int error = base.Check(request);
        return error != 0 ? error : CheckPriority(request.Entry);
    }

    /// <inheritdoc/>
    protected override void Start(EmulatedRequest request)
    {
        if (request.Entry.Personality != 0 && WorkerCalls.IsCheckedByUser(request.Opcode))
        {
            RunOnWorker(request, WorkerCalls.WaitsForOthers(request.Entry)); // The owner stays whom it is.
            return;
        }

        switch (request.Opcode)
        {
            case Opcode.Send or Opcode.Sendmsg or Opcode.SendZc or Opcode.SendmsgZc:
                sockets.BeginSend(request);
                break;
            case Opcode.Recv or Opcode.Recvmsg:
                sockets.BeginReceive(request);
                break;
            case Opcode.ReadMultishot:
                sockets.BeginReadMany(request);
                break;
            case Opcode.EpollWait:
                WaitForEpoll(request);
                break;
            case Opcode.Splice or Opcode.Tee:
                Splice(request);
                break;
            case Opcode.Accept:
                sockets.BeginAccept(request);
                break;
            case Opcode.Connect:
                Connect(request);
                break;
            case Opcode.PollAdd when request.Entry.Fd == wake.Descriptor && wakeRequest is null:
                wakeRequest = request;
                break;
            case Opcode.PollAdd:
                readiness.BeginPoll(request);
                break;
            case Opcode.Read or Opcode.Write or Opcode.ReadFixed or Opcode.WriteFixed or Opcode.Readv or Opcode.Writev or Opcode.ReadvFixed or Opcode.WritevFixed:
                files.Begin(request);
                break;
            case Opcode.Fsync:
                Transfer(request);
                break;
            case Opcode.Close:
                Flush(); // What is in the batch has the number too; once it is submitted the kernel holds the file.
                uses.Close(request);
                break;
            case Opcode.Socket or Opcode.Bind or Opcode.Listen or Opcode.Shutdown or Opcode.Pipe or Opcode.EpollCtl or Opcode.UringCmd:
                Finish(request, (int)WorkerCalls.Simple(request.Entry)); // They wait for nothing.
                break;
            case Opcode.FutexWait or Opcode.FutexWake:
                futexes.Begin(request);
                break;
            default:
                RunOnWorker(request, WorkerCalls.WaitsForOthers(request.Entry));
                break;
        }
    }

    /// <inheritdoc/>
    protected override int TryCancel(EmulatedRequest request)
    {
        if (request.State is WorkerCall call)
        {
            int answer = call.Group!.Cancel(call);
            if (answer == 0)
            {
                if (request.Opcode == Opcode.FutexWait)
                {
                    futexes.OnWithdrawn(request);
                }

                FinishCancelled(request);
            }

            return answer;
        }

        if (request.State is FutexWord word)
        {
            int answer = FutexRequests.CancelHeld(request, word);
            if (answer == 0)
            {
                FinishCancelled(request);
            }

            return answer;
        }

        if (ReferenceEquals(request, wakeRequest))
        {
            wakeRequest = null;
        }
        else if (!uses.TryCancel(request) && !readiness.TryCancel(request))
        {
            return -Errno.ENOENT; // In the device's hands: it ends by itself.
        }

        FinishCancelled(request);
        return 0;
    }

    /// <inheritdoc/>
    protected override void ReleaseDescriptor(EmulatedRequest request)
    {
        if (request.OwnsSpliceSource)
        {
            SystemCall.Run(SystemCall.CloseDescriptor, request.Entry.SpliceFd);
        }

        uses.Release(request);
    }

    /// <inheritdoc/>
    protected override int Wait(long timeoutNanoseconds)
    {
        KernelCalls++;
        if (context.HasBatch)
        {
            timeoutNanoseconds = 1_000_000; // The kernel refused some for the moment: they are offered again when something has ended, or soon.
        }

        return context.Sleep(timeoutNanoseconds);
    }

    /// <inheritdoc/>
    protected override void Flush()
    {
        while (context.HasBatch)
        {
            KernelCalls++;
            int result = context.Submit();
            if (result > 0 || result == -Errno.EINTR)
            {
                continue;
            }

            if (result is 0 or -Errno.EAGAIN)
            {
                return;
            }

            OnRefused(context.DropFirst(), result);
        }
    }

    /// <inheritdoc/>
    protected override void Collect()
    {
        while (context.TryTake(out int slot, out long result))
        {
            OnEvent(slot, (int)result);
        }

        for (WorkerCall? call = workers.TakeDone(); call is not null;)
        {
            WorkerCall? next = call.Next;
            OnWorkerDone((AioCall)call);
            call = next;
        }

        readiness.Refill(files);
    }

    /// <inheritdoc/>
    protected override bool HasMore() => context.HasBatch;

    /// <inheritdoc/>
    protected override void OnEnterEnds()
    {
        announcer.Announce(NextDue);
        Flush();
    }

    /// <inheritdoc/>
    protected override void UpdateAttention()
    {
        // The kernel's own word: it moves when an event comes, whatever it is about. No value of it is the greatest one.
        SetAttention(context.Tail, HasOverflow || HasMore() || workers.HasDone ? uint.MaxValue : context.Head);
    }

    /// <inheritdoc/>
    protected override void CloseBackEnd(bool fromOwner)
    {
        WatchQueues(); // The context's word goes away with it.
        workers.Close();
        EmulatedRequest? next;
        for (EmulatedRequest? request = FirstInFlight; request is not null; request = next)
        {
            next = request.Next;
            if (request.State is FutexWord word)
            {
                FinishLate(request, FutexRequests.ResultAtClose(request, word));
            }
            else if (request.State is WorkerCall call ? call.Group!.Cancel(call) == 0 : readiness.TryCancel(request))
            {
                FinishLate(request, CancelledResult(request));
            }
        }

        // What is in a device's hands ends by itself, and its memory is lent until then. Polls without an owner end with the context.
        Flush();
        while (context.Transfers != 0)
        {
            if (context.TryTake(out int slot, out long result))
            {
                EmulatedRequest? owner = context.UseOf(slot) == AioSlotUse.Transfer ? context.OwnerOf(slot) : null;
                context.Release(slot);
                if (owner is not null)
                {
                    FinishLate(owner, FileRequests.ResultAtClose(owner, (int)result));
                }
            }
            else
            {
                context.Sleep(-1);
            }
        }

        context.Destroy();
        readiness.Close();
        announcer.Close();
    }

    /// <summary>The field is a priority, and one that <c>ioprio_set(2)</c> would take, or a socket request's own flags; elsewhere it has no meaning.</summary>
    private static int CheckPriority(in SubmissionEntry entry)
    {
        const int ClassShift = 13;
        const int LastClass = 3;
        if (entry.IoPriority == 0)
        {
            return 0;
        }

        switch (entry.Opcode)
        {
            case Opcode.Accept or Opcode.Recv or Opcode.Recvmsg or Opcode.Send or Opcode.Sendmsg or Opcode.SendZc or Opcode.SendmsgZc:
                return 0;
            case Opcode.Read or Opcode.Write or Opcode.ReadFixed or Opcode.WriteFixed or Opcode.Readv or Opcode.Writev or Opcode.ReadvFixed or Opcode.WritevFixed:
                return entry.IoPriority >> ClassShift is > 0 and <= LastClass ? 0 : -Errno.EINVAL;
            default:
                return -Errno.EINVAL;
        }
    }

    private static int CancelledResult(EmulatedRequest request) =>
        request.Number > 0 && request.Opcode is Opcode.Send or Opcode.Recv or Opcode.Sendmsg or Opcode.Recvmsg && !request.SelectsBuffer ? (int)request.Number : -Errno.ECANCELED; // What was moved before the cancel is no failure.

    /// <summary>A path of a Unix-domain socket is looked at as whom the request is made. The call does not wait, so the owner can be that for its while.</summary>
    private void Connect(EmulatedRequest request)
    {
        FileIdentity? identity = IdentityOf(request.Entry);
        if (identity is null)
        {
            sockets.BeginConnect(request);
            return;
        }

        bool begun = false;
        long result = identity.Run(
            one =>
            {
                begun = true;
                sockets.BeginConnect(one);
                return 0;
            },
            request);
        if (!begun)
        {
            Finish(request, (int)result);
        }
    }

    private void FinishCancelled(EmulatedRequest request) => Finish(request, CancelledResult(request));
}
