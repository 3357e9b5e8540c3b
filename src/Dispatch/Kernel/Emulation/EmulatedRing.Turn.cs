namespace Dispatch;

/// <content>An enter: takes what was published, begins what can begin, takes what completed, waits.</content>
internal abstract unsafe partial class EmulatedRing
{
    /// <inheritdoc/>
    public override int Enter(uint minimumCompletions, long timeoutNanoseconds)
    {
        if (IsClosed)
        {
            return -Errno.EBADF;
        }

        Submissions.Publish();
        queues.MoveUp();
        int submitted = Submit();
        Settle();
        int outcome = minimumCompletions == 0 ? 0 : WaitFor(Math.Min(minimumCompletions, queues.CompletionCapacity), timeoutNanoseconds);
        OnEnterEnds();
        UpdateAttention();
        return submitted != 0 ? submitted : outcome;
    }

    private int Submit()
    {
        uint published = queues.Published();
        if (published == 0)
        {
            return 0;
        }

        // A kernel that takes fewer takes chains whole: io_uring would let go of one in the middle only where it has no memory for the next request.
        uint limit = SubmitLimit(published);
        uint count = 0;
        for (; count < limit || (count < published && chains.IsOpen); count++)
        {
            EmulatedRequest request = Requests.Rent(queues.Take());
            chains.Take(request, Check(request));
        }

        chains.Close();
        return (int)count;
    }

    /// <summary>Brings everything as far as it goes without waiting.</summary>
    private void Settle()
    {
        do
        {
            while (chains.NextReady() is { } request)
            {
                Begin(request);
            }

            Flush();
            Collect();
            Timeouts.Expire();
            TakeMessages();
        }
        while (chains.HasReady);

        Flush(); // What the last collection began again: polls.
    }

    private int WaitFor(uint minimumCompletions, long timeoutNanoseconds)
    {
        long deadline = timeoutNanoseconds < 0 ? long.MaxValue : EmulatedTimeouts.Later(Now, timeoutNanoseconds);
        while (true)
        {
            if (queues.Count >= minimumCompletions || woken)
            {
                woken = false;
                return 0;
            }

            long limit = -1;
            long until = Math.Min(deadline, Timeouts.NextDue);
            if (until != long.MaxValue)
            {
                long now = Now;
                if (deadline <= now)
                {
                    return -Errno.ETIME;
                }

                limit = Math.Max(0, until - now);
            }

            int outcome = Wait(limit);
            Settle();
            if (outcome < 0 && queues.Count < minimumCompletions && !woken)
            {
                return outcome;
            }
        }
    }

    private void Begin(EmulatedRequest request)
    {
        switch (request.Opcode)
        {
            case Opcode.Nop:
                Finish(request, (request.Entry.OperationFlags & 1) != 0 ? (int)request.Entry.Length : 0); // Bit 0: the result that is asked for.
                break;
            case Opcode.Timeout:
                Timeouts.Begin(request);
                break;
            case Opcode.TimeoutRemove:
                Timeouts.Remove(request);
                break;
            case Opcode.AsyncCancel:
                cancel.Run(request);
                break;
            case Opcode.PollRemove:
                cancel.RemovePoll(request);
                break;
            case Opcode.MsgRing:
                Finish(request, EmulatedMessages.Send(request.Entry));
                break;
            default:
                request.Expected = EmulatedOutcome.ExpectedOf(request.Entry);
                BeginInBackEnd(request);
                break;
        }
    }

    private void BeginInBackEnd(EmulatedRequest request)
    {
        // A linked timeout runs beside its subject; what comes after the two follows the subject.
        EmulatedRequest? timeout = request.NextInChain is { Opcode: Opcode.LinkTimeout } linked ? linked : null;
        uint generation = request.Generation;
        int error = registrations.Files.Resolve(request);
        if (error != 0)
        {
            Finish(request, error);
            return;
        }

        Requests.Add(request);
        Start(request);
        if (timeout is not null && request.Generation == generation)
        {
            request.NextInChain = timeout.NextInChain;
            timeout.NextInChain = null;
            Timeouts.BeginLinked(timeout, request);
        }
    }

    private void TakeMessages()
    {
        if (messages is { HasAny: true } inbox)
        {
            foreach (ref readonly CompletionEntry message in inbox.Take())
            {
                queues.Post(message.UserData, message.Result, message.Flags);
            }
        }
    }
}
