using static Dispatch.AioAbi;

namespace Dispatch;

/// <summary>
/// What waits in the context: polls of requests whose descriptors were not ready, and transfers. Polls leave some of the places to transfers; what finds none waits in the set (polls) or in a queue (transfers), so that
/// nothing is refused. Owner thread only.
/// </summary>
internal sealed class AioReadiness(LinuxAioRing ring, AioQueue context, DescriptorUses uses)
{
    private readonly Queue<(EmulatedRequest Request, uint Generation)> waiting = new();
    private readonly PollSet set = new();
    private readonly int setSlot = context.Take(AioSlotUse.Set, null);

    /// <summary>How many places only transfers take.</summary>
    private readonly int reserve = context.Capacity / 4;

    private bool setPolled;

    /// <summary>Arms a one-shot poll for a request.</summary>
    public void Arm(EmulatedRequest request, ushort mask)
    {
        if (context.FreeCount <= reserve || request.Opcode == Opcode.Accept)
        {
            // A listener's poll must let go of it at once when it is cancelled.
            ArmInSet(request, mask, repeats: false);
            return;
        }

        uses.AddPoll(request);
        int slot = context.Take(AioSlotUse.Poll, request);
        request.Place = slot;
        context.QueuePoll(slot, request.Entry.Fd, mask);
    }

    /// <summary>Begins a request that asks for readiness itself.</summary>
    public void BeginPoll(EmulatedRequest request)
    {
        ref SubmissionEntry entry = ref request.Entry;
        if ((entry.Length & ~IoUringAbi.IORING_POLL_ADD_MULTI) != 0)
        {
            ring.End(request, -Errno.EINVAL);
        }
        else if (entry.Length == 0)
        {
            Arm(request, (ushort)entry.OperationFlags);
        }
        else
        {
            ArmInSet(request, (ushort)entry.OperationFlags, repeats: true);
        }
    }

    /// <summary>Arms a poll that the context has refused.</summary>
    public void ArmInSet(EmulatedRequest request) => ArmInSet(request, MaskOf(request), repeats: false);

    /// <summary>Gives a transfer to the kernel, or lets it wait for a place, behind those that do.</summary>
    public unsafe void Transfer(EmulatedRequest request, FileRequests files)
    {
        int slot = waiting.Count == 0 ? context.Take(AioSlotUse.Transfer, request) : -1;
        if (slot < 0)
        {
            uses.AddCall(request);
            waiting.Enqueue((request, request.Generation));
            return;
        }

        request.Place = slot;
        files.Fill(request, context.Queue(slot));
    }

    /// <summary>Gives transfers that waited the places that have become free.</summary>
    public unsafe void Refill(FileRequests files)
    {
        while (waiting.Count != 0 && context.FreeCount != 0)
        {
            (EmulatedRequest request, uint generation) = waiting.Dequeue();
            if (request.Generation == generation)
            {
                int slot = context.Take(AioSlotUse.Transfer, request);
                request.Place = slot;
                files.Fill(request, context.Queue(slot));
            }
        }
    }

    /// <summary>Takes a request's poll back, or a transfer that has not begun. False for one that is in the kernel's hands.</summary>
    public bool TryCancel(EmulatedRequest request)
    {
        if (request.State is not null)
        {
            TakeOut(request);
            return true;
        }

        if (request.Place < 0)
        {
            return true; // It waits for a place, where its generation tells that it is gone.
        }

        if (context.UseOf(request.Place) == AioSlotUse.Transfer)
        {
            return false;
        }

        context.CancelPoll(request.Place);
        request.Place = -1;
        return true;
    }

    /// <summary>Arms a poll that stays until it is taken out, and fires once a change.</summary>
    public void ArmRepeating(EmulatedRequest request, ushort mask) => ArmInSet(request, mask, repeats: true);

    /// <summary>Has a repeating poll fire again although nothing has changed.</summary>
    public void LookAgain(EmulatedRequest request) => set.LookAgain(request);

    /// <summary>Has a request wait under another number of its file: the present one is about to be closed.</summary>
    public void Move(EmulatedRequest request, int descriptor)
    {
        if (request.State is PollSetEntry)
        {
            set.Move(request, descriptor);
        }

        request.Entry.Fd = descriptor; // A control block in the kernel holds the file; only what follows needs the number.
    }

    /// <summary>Takes a request's poll out of the set.</summary>
    public void TakeOut(EmulatedRequest request) => set.TakeOut(request);

    /// <summary>The set has something.</summary>
    public void OnSetEvent()
    {
        while (set.Collect(ring))
        {
        }

        context.QueuePoll(setSlot, set.Descriptor, POLLIN); // It fires at once if something has come since.
    }

    /// <summary>Closes the set.</summary>
    public void Close() => set.Close();

    private static ushort MaskOf(EmulatedRequest request) => request.Opcode switch
    {
        Opcode.PollAdd => (ushort)request.Entry.OperationFlags,
        Opcode.Send or Opcode.Sendmsg or Opcode.SendZc or Opcode.SendmsgZc or Opcode.Connect or Opcode.Write or Opcode.Writev or Opcode.WriteFixed or Opcode.WritevFixed => POLLOUT,
        _ => POLLIN,
    };

    private void ArmInSet(EmulatedRequest request, ushort mask, bool repeats)
    {
        uses.AddPoll(request);
        int result = set.TryAdd(request, request.Entry.Fd, mask, repeats);
        if (result == -Errno.EPERM)
        {
            ring.OnReady(request, mask & (POLLIN | POLLOUT)); // A regular file: always ready.
        }
        else if (result < 0)
        {
            ring.End(request, result);
        }
        else if (!setPolled)
        {
            setPolled = true;
            context.QueuePoll(setSlot, set.Descriptor, POLLIN);
        }
    }
}
