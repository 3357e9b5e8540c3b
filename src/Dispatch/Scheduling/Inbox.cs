using System.Collections.Concurrent;
using System.Runtime.InteropServices;

namespace Dispatch;

/// <summary>
/// The way into a loop for other threads: many producers, one consumer, nothing allocated in steady state (the queue reuses its segments).
/// It also holds the protocol by which a parked owner is woken, once, and a running one is not disturbed.
/// </summary>
/// <remarks>
/// <para>Why no wake-up is lost. The owner publishes "parked", then a full fence, then looks at "signaled". A producer enqueues and publishes "signaled", then
/// a full fence, then looks at "parked". In every order of these at least one of the two sees the other's store: either the owner finds
/// the signal and does not sleep, or a producer finds it parked and wakes it. The exchange makes one of several producers do so.</para>
/// <para>Why no item is left behind. A producer that finds "signaled" already set does not set it again; its item was enqueued, and fenced, before it looked.
/// The owner clears the flag, then a full fence, then drains: if the producer saw the flag before it was cleared, the drain comes after the enqueue and finds the item.</para>
/// </remarks>
internal sealed class Inbox
{
    private const int Open = 0;
    private const int Closed = 1;
    private const int Abandoned = 2;
    private readonly ConcurrentQueue<InboxItem> queue = new();
    private readonly Action wake;
    private readonly GatheredWake gathered;
    private Words words;

    public Inbox(Action wake, OffLoop offLoop)
    {
        this.wake = wake;
        gathered = new GatheredWake(this, offLoop);
    }

    /// <summary>Gets a value indicating whether the owner has something to drain. One load.</summary>
    public bool IsSignaled => Volatile.Read(ref words.Signaled) != 0;

    /// <summary>Gets a value indicating whether the owner sleeps. Any thread.</summary>
    public bool IsParked => Volatile.Read(ref words.Parked) != 0;

    /// <summary>Gets the number of items, for reports.</summary>
    public int Count => queue.Count;

    /// <summary>Gets a value indicating whether nothing more is taken in.</summary>
    public bool IsClosed => Volatile.Read(ref words.Closed) != Open;

    /// <summary>Gets the number of wake-ups sent.</summary>
    public long Wakes => Volatile.Read(ref words.Wakes);

    /// <summary>Adds an item and wakes the owner if it is parked. Any thread. Returns false when the inbox is closed; the item is then not delivered.</summary>
    public bool TryPost(in InboxItem item) => TryPost(item, mayGather: false);

    /// <summary>The same, but a parked owner is woken as <see cref="GatheredWake"/> does it. Not for what a thread may block for: that could be the pool's, and the wake behind it.</summary>
    public bool TryPostGathered(in InboxItem item) => TryPost(item, mayGather: true);

    /// <summary>
    /// Says that there is something for the owner, and wakes it if it is parked. Whatever it is was published before: in the queue here, or in a list of workers' results that the owner looks at whenever it drains. Any thread; also when
    /// the inbox is closed.
    /// </summary>
    public void Signal()
    {
        Raise();
        if (Volatile.Read(ref words.Parked) != 0 && Interlocked.Exchange(ref words.Parked, 0) != 0)
        {
            Interlocked.Increment(ref words.Wakes);
            wake();
        }
    }

    /// <summary>Takes the next item. Owner only.</summary>
    public bool TryTake(out InboxItem item) => queue.TryDequeue(out item);

    /// <summary>Clears the signal before a drain. Owner only.</summary>
    public void BeginDrain() => Interlocked.Exchange(ref words.Signaled, 0);

    /// <summary>Sets the signal again: a drain stopped at its budget. Owner only.</summary>
    public void ResumeLater() => Volatile.Write(ref words.Signaled, 1);

    /// <summary>Publishes "parked". Returns false, and takes it back, when there is something to do after all. Owner only.</summary>
    public bool TryPark()
    {
        Volatile.Write(ref words.Parked, 1);
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref words.Signaled) == 0)
        {
            return true;
        }

        Volatile.Write(ref words.Parked, 0);
        return false;
    }

    /// <summary>The owner runs again. A wake-up that was sent meanwhile is harmless.</summary>
    public void Unpark() => Volatile.Write(ref words.Parked, 0);

    /// <summary>Takes nothing more in. The owner, or who stands in for a dead one, goes on draining until it abandons the inbox.</summary>
    public void Close() => Interlocked.CompareExchange(ref words.Closed, Closed, Open);

    /// <summary>
    /// Nobody drains any more: runs what is left where it can still run, on the thread pool, so that nobody waits for ever. A producer that enqueued before it could see this has its item
    /// run here; one that saw it runs it itself. Before that point nothing is run beside the owner.
    /// </summary>
    public void Abandon()
    {
        Interlocked.Exchange(ref words.Closed, Abandoned);
        RunRestOnThreadPool();
    }

    private bool TryPost(in InboxItem item, bool mayGather)
    {
        if (IsClosed)
        {
            return false;
        }

        queue.Enqueue(item);
        if (mayGather)
        {
            Raise();
            if (IsParked)
            {
                gathered.Request();
            }
        }
        else
        {
            Signal();
        }

        if (Volatile.Read(ref words.Closed) == Abandoned)
        {
            // The owner has made its last pass. What is still there nobody else will take.
            RunRestOnThreadPool();
        }

        return true;
    }

    private void Raise()
    {
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref words.Signaled) == 0)
        {
            Volatile.Write(ref words.Signaled, 1);
            Interlocked.MemoryBarrier();
        }
    }

    private void RunRestOnThreadPool()
    {
        while (queue.TryDequeue(out InboxItem item))
        {
            item.RunOnThreadPool();
        }
    }

    /// <summary>The shared words, away from the queue's own and from each other: the owner polls one of them.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 320)]
    private struct Words
    {
        [FieldOffset(64)]
        public int Signaled;

        [FieldOffset(128)]
        public int Parked;

        [FieldOffset(192)]
        public int Closed;

        [FieldOffset(256)]
        public long Wakes;
    }
}
