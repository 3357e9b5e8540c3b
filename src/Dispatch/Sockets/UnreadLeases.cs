namespace Dispatch;

/// <summary>What a connection has received and nobody has read yet, in order. Owner thread only.</summary>
internal sealed class UnreadLeases
{
    private readonly Queue<BufferLease> leases = new(0);

    /// <summary>What is left of a buffer that was read in part: it comes before all others.</summary>
    private BufferLease rest;

    /// <summary>Gets the number of buffers.</summary>
    public int Count => leases.Count + (rest.IsEmpty ? 0 : 1);

    /// <summary>Adds what came last.</summary>
    public void Add(BufferLease lease) => leases.Enqueue(lease);

    /// <summary>Adds what came before all of the others.</summary>
    public void AddBefore(List<BufferLease> earlier)
    {
        int behind = leases.Count;
        earlier.ForEach(leases.Enqueue);
        if (!rest.IsEmpty)
        {
            leases.Enqueue(rest);
            rest = default;
        }

        while (behind-- > 0)
        {
            leases.Enqueue(leases.Dequeue());
        }
    }

    /// <summary>Gives the buffers back that belong to the loop; their data is copied.</summary>
    public void Detach()
    {
        rest = rest.IsEmpty ? default : rest.Detach();
        for (int left = leases.Count; left > 0; left--)
        {
            leases.Enqueue(leases.Dequeue().Detach());
        }
    }

    /// <summary>Takes what came first.</summary>
    public bool TryTake(out BufferLease lease)
    {
        if (rest.IsEmpty)
        {
            return leases.TryDequeue(out lease);
        }

        lease = rest;
        rest = default;
        return true;
    }

    /// <summary>Copies out of a lease that was taken. What does not fit is the next reader's, before anything that came later; so is all of it when the copy fails.</summary>
    public int Copy(BufferLease lease, Memory<byte> target)
    {
        int count = 0;
        try
        {
            int fits = Math.Min(lease.Length, target.Length);
            lease.Span[..fits].CopyTo(target.Span); // Memory of the user's own making may refuse.
            count = fits;
        }
        finally
        {
            if (count == lease.Length)
            {
                lease.Dispose();
            }
            else
            {
                rest = lease.Skip(count);
            }
        }

        return count;
    }

    /// <summary>Gives everything back, counted: it was received, and nobody takes it.</summary>
    public void Drop(LoopEngine engine)
    {
        while (TryTake(out BufferLease lease))
        {
            lease.Dispose();
            engine.CountOrphan();
        }
    }
}
