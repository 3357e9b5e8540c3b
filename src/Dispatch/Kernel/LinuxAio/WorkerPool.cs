namespace Dispatch;

/// <summary>
/// The workers of one ring, and the way back: finished calls go onto a lock-free list, the first one wakes the owner, and the owner takes them all. After the ring has closed the worker ends the request itself.
/// Owner thread only, but for <see cref="OnDone"/>.
/// </summary>
internal sealed class WorkerPool
{
    private const int UnboundedFactor = 4;
    private const int LeastUnbounded = 64;

    private readonly LinuxAioRing ring;
    private readonly WorkerGroup bounded;
    private readonly WorkerGroup unbounded;
    private WorkerCall? done;
    private WorkerCall? idle;
    private volatile bool closed;

    public WorkerPool(LinuxAioRing ring, int limit)
    {
        this.ring = ring;
        bounded = new WorkerGroup(this, "dispatch-file", limit);
        unbounded = new WorkerGroup(this, "dispatch-call", Math.Max(LeastUnbounded, limit * UnboundedFactor));
    }

    /// <summary>Gets the number of worker threads.</summary>
    public int ThreadCount => bounded.ThreadCount + unbounded.ThreadCount;

    /// <summary>Gets a value indicating whether calls are done that the owner has not taken.</summary>
    public bool HasDone => Volatile.Read(ref done) is not null;

    /// <summary>Has a worker run the request's call. Returns 0, or a negative errno that it ends with.</summary>
    /// <param name="request">The request; its <see cref="EmulatedRequest.Number"/> says how many bytes it has moved already.</param>
    /// <param name="waitsForOthers">Whether the call can wait for ever: for a peer, and not for a disk.</param>
    public int Run(EmulatedRequest request, bool waitsForOthers)
    {
        WorkerCall call = idle ?? new WorkerCall();
        idle = call.Next;
        call.Next = null;
        call.Request = request;
        call.Identity = ring.IdentityOf(request.Entry);
        call.Done = request.Number;
        call.CancelAsked = false;
        request.State = call;
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

    /// <summary>Keeps a call for the next request.</summary>
    public void Return(WorkerCall call)
    {
        call.Request = null;
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
            ring.SignalOwner(); // The list was empty; whoever found it otherwise knows that the owner has been told.
        }
    }

    /// <summary>The ring closes: from now on workers end requests by themselves, calls that have not begun never do, and those that run are interrupted.</summary>
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
            ring.EndLate(call.Request!, WorkerCalls.Total(call.Done, call.Result));
            call = next;
        }
    }
}
