namespace Dispatch;

/// <summary>The polls of an <see cref="AioContext"/> that can be cancelled, oldest first. Owner thread only.</summary>
internal sealed class AioPolls
{
    private AioOperation? first;
    private AioOperation? last;

    /// <summary>Adds one that has been submitted.</summary>
    public void Add(AioOperation poll)
    {
        poll.Before = last;
        if (last is null)
        {
            first = poll;
        }
        else
        {
            last.After = poll;
        }

        last = poll;
    }

    /// <summary>Takes one out, which has ended or is being cancelled; it may be out already.</summary>
    public void Remove(AioOperation poll)
    {
        if (poll.Before is null && !ReferenceEquals(first, poll))
        {
            return;
        }

        if (poll.Before is { } before)
        {
            before.After = poll.After;
        }
        else
        {
            first = poll.After;
        }

        if (poll.After is { } after)
        {
            after.Before = poll.Before;
        }
        else
        {
            last = poll.Before;
        }

        poll.Before = null;
        poll.After = null;
    }

    /// <summary>Cancels the oldest poll of a control block. False: there is none.</summary>
    public bool TryCancel(nint block)
    {
        for (AioOperation? poll = first; poll is not null; poll = poll.After)
        {
            if (poll.Block == (ulong)block)
            {
                Remove(poll);
                poll.RequestCancel();
                return true;
            }
        }

        return false;
    }

    /// <summary>Cancels them all.</summary>
    public void CancelAll()
    {
        for (AioOperation? poll = first; poll is not null; poll = poll.After)
        {
            poll.RequestCancel();
        }
    }
}
