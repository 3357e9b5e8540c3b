namespace Dispatch;

/// <summary>The request objects of one emulated ring: the idle ones, and those in flight in the order in which they were begun. Owner thread only.</summary>
internal sealed class EmulatedRequests
{
    private EmulatedRequest? idle;
    private EmulatedRequest? last;
    private long begun;

    /// <summary>Gets the oldest request in flight.</summary>
    public EmulatedRequest? First { get; private set; }

    /// <summary>Gets how many requests were submitted and have not ended, those that wait for their turn in a chain included.</summary>
    public int Live { get; private set; }

    /// <summary>Takes a request for an entry.</summary>
    public EmulatedRequest Rent(in SubmissionEntry entry)
    {
        EmulatedRequest? request = idle;
        if (request is null)
        {
            request = new EmulatedRequest { Expected = -1 };
        }
        else
        {
            idle = request.Next;
            request.Next = null;
        }

        request.Entry = entry;
        Live++;
        return request;
    }

    /// <summary>Gives a request back that has ended.</summary>
    public void Return(EmulatedRequest request)
    {
        request.Clear();
        request.Next = idle;
        idle = request;
        Live--;
    }

    /// <summary>Counts a request among those in flight, where cancels find it.</summary>
    public void Add(EmulatedRequest request)
    {
        request.IsActive = true;
        request.Order = ++begun;
        request.Previous = last;
        if (last is null)
        {
            First = request;
        }
        else
        {
            last.Next = request;
        }

        last = request;
    }

    /// <summary>Takes a request out of those in flight, if it is among them.</summary>
    public void Remove(EmulatedRequest request)
    {
        if (!request.IsActive)
        {
            return;
        }

        request.IsActive = false;
        if (request.Previous is null)
        {
            First = request.Next;
        }
        else
        {
            request.Previous.Next = request.Next;
        }

        if (request.Next is null)
        {
            last = request.Previous;
        }
        else
        {
            request.Next.Previous = request.Previous;
        }

        request.Previous = null;
        request.Next = null;
    }
}
