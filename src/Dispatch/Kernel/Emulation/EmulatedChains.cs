namespace Dispatch;

/// <summary>
/// Links (<c>io_uring_linked_requests(7)</c>): puts the entries of one submit together to chains, and says what becomes of the rest when a step ends. A soft link breaks when its step fails or moves fewer
/// bytes than it was to; a hard link breaks only for what was wrong at submit. Steps begin by way of a queue, so that a long chain is no deep recursion. Owner thread only.
/// </summary>
internal sealed class EmulatedChains(EmulatedRing ring)
{
    private readonly Queue<EmulatedRequest> ready = new();
    private EmulatedRequest? head;
    private EmulatedRequest? last;
    private bool broken;

    /// <summary>Gets a value indicating whether a step waits to be begun.</summary>
    public bool HasReady => ready.Count != 0;

    /// <summary>Gets a value indicating whether the last entry said that another follows.</summary>
    public bool IsOpen => head is not null;

    /// <summary>Takes the next entry of a submit, of which it is known whether anything is wrong with it.</summary>
    public void Take(EmulatedRequest request, int error)
    {
        if (request.Opcode == Opcode.LinkTimeout && error == 0)
        {
            error = head is null || last!.Opcode == Opcode.LinkTimeout ? -Errno.EINVAL : ring.Timeouts.CheckLinked(request);
        }

        request.SubmitError = error;
        broken |= error != 0;
        if (head is null)
        {
            head = request;
        }
        else
        {
            last!.NextInChain = request;
        }

        last = request;
        if (!request.IsLinked)
        {
            Close();
        }
    }

    /// <summary>The submit ends, and with it a chain whose last step says that another follows.</summary>
    public void Close()
    {
        if (head is not { } first)
        {
            return;
        }

        bool failed = broken;
        head = null;
        last = null;
        broken = false;
        if (failed)
        {
            Fail(first, silent: false);
        }
        else
        {
            ready.Enqueue(first);
        }
    }

    /// <summary>Takes the next step that can be begun.</summary>
    public EmulatedRequest? NextReady() => ready.TryDequeue(out EmulatedRequest? request) ? request : null;

    /// <summary>A step has ended: what follows it is begun, or cancelled.</summary>
    public void Continue(EmulatedRequest ended, bool failed)
    {
        EmulatedRequest? next = ended.NextInChain;
        ended.NextInChain = null;
        if (next is null)
        {
            return;
        }

        if (next.Opcode == Opcode.LinkTimeout)
        {
            // Its subject ended before it was armed.
            EmulatedRequest? after = next.NextInChain;
            next.NextInChain = null;
            ring.EndLinkedTimeout(next, -Errno.ECANCELED);
            next = after;
            if (next is null)
            {
                return;
            }
        }

        if (ring.IsClosed || (failed && ended.IsSoftLinked))
        {
            Fail(next, silent: failed && ended.SkipsSuccess); // A step that reports no success, and fails, speaks for all behind it.
        }
        else
        {
            ready.Enqueue(next);
        }
    }

    /// <summary>The ring closes: what was not begun ends.</summary>
    public void CancelReady()
    {
        while (ready.TryDequeue(out EmulatedRequest? request))
        {
            Fail(request, silent: false);
        }
    }

    private void Fail(EmulatedRequest first, bool silent)
    {
        for (EmulatedRequest? request = first; request is not null;)
        {
            EmulatedRequest? next = request.NextInChain;
            request.NextInChain = null;
            ring.EndUnbegun(request, request.SubmitError != 0 ? request.SubmitError : -Errno.ECANCELED, silent);
            request = next;
        }
    }
}
