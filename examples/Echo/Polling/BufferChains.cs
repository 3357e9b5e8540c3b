namespace Dispatch.Examples.Echo;

/// <summary>
/// The leases of a loop's buffers, and the queues that they stand in. A buffer stands in one queue at most, so its number is also the index of its link: queueing allocates nothing.
/// </summary>
internal sealed class BufferChains(int bufferCount)
{
    private readonly BufferLease[] leases = new BufferLease[bufferCount];
    private readonly int[] next = new int[bufferCount];

    /// <summary>Gets how many buffers stand in queues.</summary>
    public int Count { get; private set; }

    /// <summary>Puts a buffer at the end of a queue.</summary>
    /// <param name="queue">The queue.</param>
    /// <param name="buffer">The buffer's number.</param>
    /// <param name="lease">Its lease.</param>
    public void Add(ref BufferQueue queue, int buffer, BufferLease lease)
    {
        leases[buffer] = lease;
        if (queue.Count++ == 0)
        {
            queue.First = buffer;
        }
        else
        {
            next[queue.Last] = buffer;
        }

        queue.Last = buffer;
        Count++;
    }

    /// <summary>Gets the lease at the head of a queue.</summary>
    /// <param name="queue">The queue; not empty.</param>
    /// <returns>The lease, by reference.</returns>
    public ref BufferLease Head(in BufferQueue queue) => ref leases[queue.First];

    /// <summary>Takes the head out of a queue and gives the buffer back.</summary>
    /// <param name="queue">The queue; not empty.</param>
    public void Remove(ref BufferQueue queue)
    {
        leases[queue.First].Dispose();
        queue.First = next[queue.First];
        queue.Count--;
        Count--;
    }
}
