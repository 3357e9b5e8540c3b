namespace Dispatch;

/// <summary>Those who await events of an <see cref="AioContext"/>, in their order, and idle objects for the next ones. Owner thread only.</summary>
internal sealed class AioWaits(AioContext context)
{
    private AioWait? first;
    private AioWait? idle;

    /// <summary>Adds one, at the end of the line.</summary>
    public AioWait Add()
    {
        AioWait wait = idle ?? new AioWait(context);
        idle = wait.Next;
        wait.Next = null;
        if (first is null)
        {
            first = wait;
            return wait;
        }

        AioWait last = first;
        while (last.Next is { } next)
        {
            last = next;
        }

        last.Next = wait;
        return wait;
    }

    /// <summary>Takes one out of the line.</summary>
    public void Remove(AioWait wait)
    {
        if (ReferenceEquals(first, wait))
        {
            first = wait.Next;
            wait.Next = null;
            return;
        }

        for (AioWait? one = first; one is not null; one = one.Next)
        {
            if (ReferenceEquals(one.Next, wait))
            {
                one.Next = wait.Next;
                wait.Next = null;
                return;
            }
        }
    }

    /// <summary>Keeps one for the next who waits.</summary>
    public void Return(AioWait wait)
    {
        wait.Next = idle;
        idle = wait;
    }

    /// <summary>Serves those for whom there is enough. Their code runs inside, and may change the line: so from its beginning again.</summary>
    public void Serve(AioEventQueue events)
    {
        AioWait? wait = first;
        while (wait is not null)
        {
            AioWait? next = wait.Next;
            wait = wait.TryEnd(events) ? first : next;
        }
    }
}
