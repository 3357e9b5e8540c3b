namespace Dispatch;

/// <summary>
/// The workers of one owner, and the way back: finished calls go onto a lock-free list, the first one wakes the owner, and the owner takes them all. After the pool has closed the worker has the call ended by itself.
/// Owner thread only, but for <see cref="OnDone"/>.
/// </summary>
internal sealed class WorkerPool
{
    private readonly IWorkerOwner owner;
    private readonly WorkerGroup bounded;
    private readonly WorkerGroup unbounded;
    private WorkerCall? done;
    private WorkerCall? idle;
    private volatile bool closed;

    /// <summary>Initializes a new instance of the <see cref="WorkerPool"/> class. It has no thread yet.</summary>
    /// <param name="owner">Where the calls come from.</param>
    /// <param name="limit">The greatest number of threads for calls that end by themselves.</param>
    /// <param name="waitingLimit">The greatest number of threads for calls that can wait for ever.</param>
    public WorkerPool(IWorkerOwner owner, int limit, int waitingLimit)
    {
        this.owner = owner;
        bounded = new WorkerGroup(this, "dispatch-file", limit);
        unbounded = new WorkerGroup(this, "dispatch-call", waitingLimit);
    }

    /// <summary>Gets or sets how long a thread stays without a call. Set before the first call.</summary>
    public TimeSpan IdleTime { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Gets the number of calls that wait for a worker. Any thread, approximately.</summary>
    public int QueueLength => bounded.QueueLength + unbounded.QueueLength;

    /// <summary>Gets how many calls had to wait for a worker. Any thread, approximately.</summary>
    public long Waits => bounded.Waits + unbounded.Waits;

    /// <summary>Gets the number of worker threads.</summary>
    public int ThreadCount => bounded.ThreadCount + unbounded.ThreadCount;

    /// <summary>Gets a value indicating whether calls are done that the owner has not taken.</summary>
    public bool HasDone => Volatile.Read(ref done) is not null;

    /// <summary>Gives an idle call, or null when there is none.</summary>
    public WorkerCall? TryRent()
    {
        WorkerCall? call = idle;
        if (call is not null)
        {
            idle = call.Next;
            call.Next = null;
        }

        return call;
    }

    /// <summary>Has a worker make the call. Returns 0, or a negative errno with which it has ended.</summary>
    /// <param name="call">The call.</param>
    /// <param name="waitsForOthers">Whether it can wait for ever: for a peer, and not for a disk.</param>
    public int Run(WorkerCall call, bool waitsForOthers)
    {
        call.CancelAsked = false;
        return (waitsForOthers ? unbounded : bounded).Enqueue(call);
    }

    /// <summary>Takes all calls that are done, oldest first.</summary>
    public WorkerCall? TakeDone()
    {
        WorkerCall? newest = Volatile.Read(ref done) is null ? null : Interlocked.Exchange(ref done, null);
        WorkerCall? oldest = null;
        while (newest is not null)
        {
            WorkerCall? next = newest.Next;
            newest.Next = oldest;
            oldest = newest;
            newest = next;
        }

        return oldest;
    }

    /// <summary>Keeps a call for the next use.</summary>
    public void Return(WorkerCall call)
    {
        call.Next = idle;
        idle = call;
    }

    /// <summary>A call is over. The worker's thread.</summary>
    public void OnDone(WorkerCall call)
    {
        WorkerCall? seen = Volatile.Read(ref done);
        while (true)
        {
            call.Next = seen;
            WorkerCall? found = Interlocked.CompareExchange(ref done, call, seen);
            if (ReferenceEquals(found, seen))
            {
                break;
            }

            seen = found;
        }

        // Put first, then looked: whoever closes sets the flag first and then takes. One of the two sees the other, and only one takes the call.
        if (closed)
        {
            EndLate();
        }
        else if (seen is null)
        {
            owner.OnWorkersDone(); // The list was empty; whoever found it otherwise knows that the owner has been told.
        }
    }

    /// <summary>The owner ends: from now on workers have their calls ended by themselves, calls that have not begun never do, and those that run are interrupted.</summary>
    public void Close()
    {
        closed = true;
        Interlocked.MemoryBarrier();
        EndLate();
        bounded.Close();
        unbounded.Close();
    }

    /// <summary>Waits for the end of the threads. Only when nothing is in flight.</summary>
    public void Join()
    {
        bounded.Join();
        unbounded.Join();
    }

    private void EndLate()
    {
        WorkerCall? call = TakeDone();
        while (call is not null)
        {
            WorkerCall? next = call.Next;
            owner.EndLate(call);
            call = next;
        }
    }
}
