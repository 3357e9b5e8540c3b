using static Dispatch.AioAbi;

namespace Dispatch;

/// <content>What the requests' own classes ask of the ring, and what comes back to them: readiness, ends of transfers, workers' results.</content>
internal sealed unsafe partial class LinuxAioRing
{
    /// <inheritdoc/>
    void IWorkerOwner.OnWorkersDone() => SignalOwner();

    /// <inheritdoc/>
    void IWorkerOwner.EndLate(WorkerCall call)
    {
        AioCall ended = (AioCall)call;
        FinishLate(ended.Request!, WorkerCalls.Total(ended.Done, (int)ended.Result));
    }

    /// <summary>Has the request called again when its descriptor is ready.</summary>
    internal void WaitFor(EmulatedRequest request, ushort mask) => readiness.Arm(request, mask);

    /// <summary>Has a worker make the request's call. False when there is none to be had: the request has ended then.</summary>
    internal bool RunOnWorker(EmulatedRequest request, bool waitsForOthers)
    {
        if (request.Opcode is not (Opcode.FutexWait or Opcode.Waitid))
        {
            uses.AddCall(request); // A futex has flags in the descriptor's place, a wait for a child the child.
        }

        AioCall call = (AioCall?)workers.TryRent() ?? new AioCall();
        call.Request = request;
        call.Done = request.Number;
        call.Identity = IdentityOf(request.Entry);
        request.State = call;
        int error = workers.Run(call, waitsForOthers);
        if (error < 0)
        {
            request.State = null;
            Finish(request, error);
        }

        return error >= 0;
    }

    /// <summary>Has the kernel do a transfer, when there is a place for it; else when there will be.</summary>
    internal void Transfer(EmulatedRequest request) => readiness.Transfer(request, files);

    /// <summary>Takes a provided buffer for the request.</summary>
    internal bool TrySelect(EmulatedRequest request, out ProvidedBuffer buffer) => TrySelectBuffer(request, out buffer);

    /// <summary>Gives the request's buffer back, into which nothing went.</summary>
    internal void GiveBack(EmulatedRequest request) => ReturnBuffer(request);

    /// <summary>Checks the bounds of a fixed read or write.</summary>
    internal int CheckFixed(EmulatedRequest request) => CheckRegisteredBuffer(request, request.Entry.Address, request.Entry.Length);

    /// <summary>Checks the bounds of a piece of a fixed read or write.</summary>
    internal int CheckFixed(EmulatedRequest request, ulong address, ulong length) => CheckRegisteredBuffer(request, address, length);

    /// <summary>A poll in the set has fired.</summary>
    internal void OnSetReady(EmulatedRequest request, int mask, bool repeats)
    {
        if (!repeats)
        {
            readiness.TakeOut(request);
            OnReady(request, mask);
        }
        else if (request.Opcode is Opcode.Recv or Opcode.Recvmsg or Opcode.ReadMultishot)
        {
            sockets.ReceiveMany(request, mask);
        }
        else if (request.Opcode == Opcode.Accept)
        {
            sockets.AcceptMany(request);
        }
        else
        {
            mask &= (ushort)request.Entry.OperationFlags | AlwaysReported;
            if (!Progress(request, mask))
            {
                Conclude(request, mask);
            }
        }
    }

    /// <summary>Ends a multishot whose poll stands in the set.</summary>
    internal void Conclude(EmulatedRequest request, int result)
    {
        readiness.TakeOut(request);
        Finish(request, result);
    }

    /// <summary>Ends a zero-copy send whose result has been reported: its memory is free.</summary>
    internal void EndNotified(EmulatedRequest request, bool tellsUsage) =>
        Finish(request, tellsUsage ? unchecked((int)IoUringAbi.IORING_NOTIF_USAGE_ZC_COPIED) : 0, IoUringAbi.IORING_CQE_F_NOTIF);

    /// <summary>Has a request that waits for readiness go on under another number of its file.</summary>
    internal void Move(EmulatedRequest request, int descriptor) => readiness.Move(request, descriptor);

    /// <summary>Has the request called at every change of its descriptor, from now on until it ends.</summary>
    internal void Watch(EmulatedRequest request, ushort mask) => readiness.ArmRepeating(request, mask);

    /// <summary>Has the request called again although nothing changes: it left something behind, so that others have their turn.</summary>
    internal void WatchAgain(EmulatedRequest request) => readiness.LookAgain(request);

    /// <summary>A descriptor is ready: the call is made again.</summary>
    internal void OnReady(EmulatedRequest request, int mask)
    {
        switch (request.Opcode)
        {
            case Opcode.PollAdd:
                Finish(request, mask & ((ushort)request.Entry.OperationFlags | AlwaysReported)); // The kernel tells all that it knows.
                break;
            case Opcode.Recv or Opcode.Recvmsg:
                sockets.ContinueReceive(request);
                break;
            case Opcode.Send or Opcode.Sendmsg or Opcode.SendZc or Opcode.SendmsgZc:
                sockets.Send(request);
                break;
            case Opcode.EpollWait:
                WaitForEpoll(request);
                break;
            case Opcode.Accept:
                sockets.ContinueAccept(request);
                break;
            case Opcode.Connect:
                sockets.ContinueConnect(request);
                break;
            default:
                files.Continue(request);
                break;
        }
    }

    /// <summary>Takes what an epoll set has, or waits until it has something: a set can be polled like a descriptor.</summary>
    private void WaitForEpoll(EmulatedRequest request)
    {
        ref SubmissionEntry entry = ref request.Entry;
        long result;
        do
        {
            result = SystemCall.Run(SystemCall.EpollWait, entry.Fd, (long)entry.Address, entry.Length, 0, 0, 0);
        }
        while (result == -Errno.EINTR);

        if (result == 0)
        {
            WaitFor(request, POLLIN);
        }
        else
        {
            Finish(request, (int)result);
        }
    }

    /// <summary>
    /// Splices on a worker, under a number of our own for the source: the request's own descriptor is watched for closes, the other is not.
    /// </summary>
    private void Splice(EmulatedRequest request)
    {
        const uint FixedSource = 1u << 31; // SPLICE_F_FD_IN_FIXED
        ref SubmissionEntry entry = ref request.Entry;
        long source = (entry.OperationFlags & FixedSource) != 0 || !IsDescriptorOpen(entry.Fd) ? -Errno.EBADF : SystemCall.Run(SystemCall.Control, entry.SpliceFd, F_DUPFD_CLOEXEC, 0);
        if (source < 0)
        {
            Finish(request, (int)source);
            return;
        }

        entry.SpliceFd = (int)source;
        request.OwnsSpliceSource = true;
        RunOnWorker(request, WorkerCalls.WaitsForOthers(entry));
    }

    private void OnEvent(int slot, int result)
    {
        EmulatedRequest? owner = context.OwnerOf(slot);
        switch (context.UseOf(slot))
        {
            case AioSlotUse.Wake:
                ulong count;
                SystemCall.Run(SystemCall.ReadPlain, wake.Descriptor, (long)&count, sizeof(ulong));
                context.QueuePoll(slot, wake.Descriptor, POLLIN);
                OnSignalled();
                break;
            case AioSlotUse.Timer:
                announcer.OnFired();
                break;
            case AioSlotUse.Set:
                readiness.OnSetEvent();
                break;
            case AioSlotUse.Transfer:
                context.Release(slot);
                owner!.Place = -1;
                files.OnTransferred(owner, result);
                break;
            default:
                context.Release(slot);
                if (owner is not null)
                {
                    owner.Place = -1;
                    OnReady(owner, result);
                }

                break;
        }
    }

    /// <summary>The signal was for what workers or messages bring along by themselves, or a wake, which completes the wake request.</summary>
    private void OnSignalled()
    {
        if (Interlocked.Exchange(ref wakeAsked, 0) == 0)
        {
            return;
        }

        if (wakeRequest is not { } request)
        {
            OnWoken();
        }
        else if (!Progress(request, POLLIN))
        {
            wakeRequest = null;
            Finish(request, POLLIN);
        }
    }

    private void OnRefused(int slot, int error)
    {
        EmulatedRequest? owner = context.OwnerOf(slot);
        AioSlotUse use = context.UseOf(slot);
        context.Release(slot);
        if (owner is null)
        {
            return;
        }

        owner.Place = -1;
        if (use == AioSlotUse.Transfer)
        {
            files.OnTransferred(owner, error);
        }
        else if (error == -Errno.EINVAL)
        {
            readiness.ArmInSet(owner); // More wait queues than a control block has room for.
        }
        else
        {
            Finish(owner, error);
        }
    }

    private void OnWorkerDone(AioCall call)
    {
        EmulatedRequest request = call.Request!;
        int result = WorkerCalls.Total(call.Done, (int)call.Result);
        bool cancelled = call.CancelAsked;
        request.State = null;
        call.Request = null;
        workers.Return(call);
        if (request.Opcode == Opcode.Accept)
        {
            sockets.OnAccepted(request, result, cancelled);
        }
        else if (request.Opcode == Opcode.FutexWait)
        {
            futexes.OnWaited(request, result);
        }
        else
        {
            Finish(request, result);
        }
    }
}
