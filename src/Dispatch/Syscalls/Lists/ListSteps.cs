namespace Dispatch;

/// <summary>
/// The chains of a list's run: each is staged as a whole, with all references taken first and its slot picked, or not at all; a cancel of one step is a cancel of its chain. Owner thread only.
/// </summary>
internal sealed class ListSteps(ListCore list) : ISlotWaiter
{
    private SubmissionEntry[] staged = [];

    private ListRequests Requests => list.Requests;

    /// <summary>Begins a run.</summary>
    public void Begin()
    {
        int count = Requests.Count;
        if (staged.Length < count)
        {
            staged = new SubmissionEntry[count];
        }

        foreach (ref ListChain chain in Requests.Chains.AsSpan())
        {
            chain.Left = chain.Length;
            chain.Slot = -1;
            chain.IsWaiting = false;
            chain.IsCancelling = false;
        }

        for (int i = 0; i < count;)
        {
            int number = Requests.ChainOf(i);
            if (number < 0)
            {
                list.StartOne(i++);
                continue;
            }

            i = Requests.Chains[number].End;
            BeginChain(number);
        }

        CountForDevice();
    }

    /// <summary>An entry has ended.</summary>
    public void OnEnded(int index)
    {
        int number = Requests.ChainOf(index);
        if (number < 0)
        {
            return;
        }

        ref ListChain chain = ref Requests.Chains[number];
        chain.Left--;
        if (chain.Left == 0)
        {
            ReleaseSlot(ref chain);
        }
        else if (chain.IsCancelling)
        {
            CancelCurrent(chain); // A hard link: the next step begins although this one was cancelled.
        }
    }

    /// <summary>Cancels the chain that an entry belongs to. False: it belongs to none.</summary>
    public bool TryCancel(int index)
    {
        int number = Requests.ChainOf(index);
        if (number < 0)
        {
            return false;
        }

        ref ListChain chain = ref Requests.Chains[number];
        if (chain.Left == 0 || chain.IsCancelling)
        {
            return true;
        }

        if (chain.IsWaiting)
        {
            FailWaiting(TicketOf(number));
        }
        else
        {
            chain.IsCancelling = true;
            CancelCurrent(chain);
        }

        return true;
    }

    /// <inheritdoc/>
    public bool TryResume(long ticket, int slot)
    {
        int number = (int)ticket;
        if (!IsWaiting(ticket, number))
        {
            return false;
        }

        ref ListChain chain = ref Requests.Chains[number];
        chain.IsWaiting = false;
        Stage(ref chain, slot);
        return true;
    }

    /// <inheritdoc/>
    public void FailWaiting(long ticket)
    {
        int number = (int)ticket;
        if (IsWaiting(ticket, number))
        {
            ref ListChain chain = ref Requests.Chains[number];
            chain.IsWaiting = false;
            LetGo(chain);
            Fail(chain, chain.Start, Errno.ECANCELED);
            list.TellNow();
        }
    }

    private static void Patch(ref SubmissionEntry entry, int slot)
    {
        if (entry.FileIndex == IoRequest.ChainFileIndex)
        {
            entry.FileIndex = (uint)slot + 1; // 0 says that there is none.
        }

        if (entry.Fd == Descriptor.ChainFileNumber)
        {
            entry.Fd = slot;
            entry.Flags |= EntryFlags.FixedFile;
        }
    }

    private bool IsWaiting(long ticket, int number) => ticket == TicketOf(number) && number < Requests.Chains.Length && Requests.Chains[number].IsWaiting;

    /// <summary>Names a chain of this run, and of no other.</summary>
    private long TicketOf(int number) => ((long)list.Run << 32) | (uint)number;

    private void BeginChain(int number)
    {
        ref ListChain chain = ref Requests.Chains[number];
        int step = chain.Start;
        int slot = -1;
        bool hasSlot = true;
        try
        {
            for (; step < chain.End; step++)
            {
                ref readonly IoRequest request = ref Requests[step];
                staged[step] = request.Entry;
                if (request.HoldsReferences)
                {
                    list.EntryOf(step).HoldStep(request, ref staged[step]);
                }
            }

            step = chain.Opener;
            hasSlot = !chain.HasFile || list.Engine.Slots.TryRent(out slot);
        }
        catch (Exception e)
        {
            LetGo(chain);
            Fail(chain, step, ErrorMap.ErrnoOf(e));
            return;
        }

        if (hasSlot)
        {
            Stage(ref chain, slot);
        }
        else
        {
            chain.IsWaiting = true;
            list.Engine.Slots.Wait(this, TicketOf(number));
        }
    }

    private void Stage(ref ListChain chain, int slot)
    {
        chain.Slot = slot;
        SubmissionQueue submissions = list.Engine.Submissions;
        submissions.BeginChain(chain.Length);
        for (int i = chain.Start; i < chain.End; i++)
        {
            ref SubmissionEntry entry = ref staged[i];
            if (slot >= 0)
            {
                Patch(ref entry, slot);
            }

            list.EntryOf(i).BeginBare(entry);
        }

        submissions.EndChain();
    }

    private void ReleaseSlot(ref ListChain chain)
    {
        if (chain.Slot >= 0)
        {
            // Whatever the chain came to: the slot holds a file when the open succeeded and the chain's own close did not.
            bool opened = list.Outcomes[chain.Opener].Result >= 0;
            bool closed = chain.Closer >= 0 && list.Outcomes[chain.Closer].Result >= 0;
            int slot = chain.Slot;
            chain.Slot = -1;
            list.Engine.Slots.Return(slot, opened && !closed);
        }
    }

    private void CancelCurrent(in ListChain chain)
    {
        // The kernel finds the step that runs and none behind it. A linked timeout ends with its subject.
        for (int i = chain.Start; i < chain.End; i++)
        {
            ListEntry entry = list.EntryOf(i);
            if (entry.InFlight && entry.Opcode != Opcode.LinkTimeout)
            {
                entry.RequestCancel();
                return;
            }
        }
    }

    private void LetGo(in ListChain chain)
    {
        for (int i = chain.Start; i < chain.End; i++)
        {
            list.EntryOf(i).LetGoOfStep();
        }
    }

    /// <summary>Ends all of a chain of which nothing is staged: one step by its error, the others as cancelled.</summary>
    private void Fail(in ListChain chain, int offender, int errno)
    {
        // The run may end with the last one, and the list be somebody else's then.
        int end = chain.End;
        for (int i = chain.Start; i < end; i++)
        {
            list.End(i, i == offender ? -errno : -Errno.ECANCELED, 0);
        }
    }

    private void CountForDevice()
    {
        for (int i = 0; i < Requests.Count; i++)
        {
            // Only now: what this counts may enter the kernel, and no chain may be open then.
            if (Requests.ChainOf(i) >= 0 && Requests[i].Target is OwnedDescriptor { IsDirect: true })
            {
                list.Engine.CountForDevice();
            }
        }
    }
}
