namespace Dispatch;

/// <summary>
/// Worker threads of one owner for one kind of call. Threads are made as calls come, up to the limit, beyond which calls wait; they end with the owner, or when they have had nothing to do for a while. Calls that can wait for ever
/// have a group of their own, so that however many of them hang, the others go on.
/// </summary>
/// <remarks>
/// One is woken at a time: whoever takes a call wakes the next one first, when there is more. So no call waits behind one that blocks while a thread may be had, and short calls, of which one thread makes many before the next
/// one is awake, do not wake the whole group. One without work sleeps at once: it has just woken the owner, mostly onto its own CPU, and to look out for the next call there would keep the owner from making it (measured, with looks of
/// 5 and 40 µs: a round trip 18 to 80 times as long).
/// </remarks>
/// <param name="pool">Where finished calls go.</param>
/// <param name="name">The threads' name.</param>
/// <param name="limit">The greatest number of threads.</param>
internal sealed class WorkerGroup(WorkerPool pool, string name, int limit)
{
    private readonly object sync = new();
    private readonly List<WorkerThread> threads = [];
    private readonly List<WorkerCall> interrupted = [];
    private WorkerCall? first;
    private WorkerCall? last;
    private WorkerThread? idle;
    private int queued;
    private int waking;
    private int reserved;
    private bool closing;
    private bool interrupting;

    /// <summary>Gets the number of threads. Any thread, approximately.</summary>
    public int ThreadCount => threads.Count;

    /// <summary>Gets the number of calls that wait for a worker. Any thread, approximately.</summary>
    public int QueueLength => Volatile.Read(ref queued);

    /// <summary>Gets how many calls had to wait because every thread that there may be was busy. Owner only.</summary>
    public long Waits { get; private set; }

    /// <summary>Gets a value indicating whether there is a thread that waits for a call, or may be made. Under the lock.</summary>
    private bool HasSpare => idle is not null || threads.Count + reserved < limit;

    /// <summary>Takes a call on. Returns 0, or a negative errno when it cannot be run because no thread could be made: −EMFILE where the runtime found no descriptors for one, else −EAGAIN. Owner only.</summary>
    public int Enqueue(WorkerCall call)
    {
        call.Group = this;
        WorkerThread? next;
        lock (sync)
        {
            Append(call);
            next = WhomToWake();
            if (next is null && queued > waking && !HasSpare)
            {
                Waits++; // Who is on its way, if anybody is, has another call to come to, and nobody whom it could wake for this one.
            }
        }

        if (next is null || TryWake(next))
        {
            return 0;
        }

        lock (sync)
        {
            if (threads.Count + reserved != 0 || call.State != WorkerCallState.Queued)
            {
                return 0; // Without a new thread it waits for one of those that there are.
            }

            Unlink(call);
            call.State = WorkerCallState.Withdrawn;
        }

        int shortage = DescriptorShortage.Probe();
        return shortage == 0 ? -Errno.EAGAIN : -shortage;
    }

    /// <summary>
    /// Cancels a call: 0 when no worker had come to it, and none will; −EALREADY when it runs and was told to stop, or is over already. Owner, or who closes for a dead one.
    /// </summary>
    public int Cancel(WorkerCall call)
    {
        lock (sync)
        {
            if (call.State == WorkerCallState.Queued)
            {
                Unlink(call);
                call.State = WorkerCallState.Withdrawn;
                return 0;
            }

            Interrupt(call);
            return -Errno.EALREADY;
        }
    }

    /// <summary>No call comes any more. Those that run are told to stop; threads end when they have nothing left.</summary>
    public void Close()
    {
        List<WorkerThread> sleeping = [];
        lock (sync)
        {
            closing = true;
            foreach (WorkerThread thread in threads)
            {
                // What it made last is over, or its owner has given it to another worker: whatever runs is to end.
                if (thread.Current is { } call)
                {
                    Interrupt(call);
                }
            }

            for (; idle is not null; idle = idle.NextIdle)
            {
                sleeping.Add(idle);
            }
        }

        sleeping.ForEach(static t => t.Gate.Open());
    }

    /// <summary>Waits for the end of the threads. Only when no call runs.</summary>
    public void Join()
    {
        WorkerThread[] ending;
        lock (sync)
        {
            ending = [.. threads];
        }

        foreach (WorkerThread thread in ending)
        {
            thread.Thread?.Join();
        }
    }

    /// <summary>Gives a worker its next call, or waits for one. False when it is to end. The worker's thread.</summary>
    public bool TryTake(WorkerThread thread, out WorkerCall? call)
    {
        while (true)
        {
            WorkerThread? next = null;
            lock (sync)
            {
                if (thread.IsWaking)
                {
                    thread.IsWaking = false;
                    waking--;
                }

                call = first;
                if (call is not null)
                {
                    Unlink(call);
                    call.Thread = thread.Number;
                    call.State = WorkerCallState.Running;
                    thread.Current = call;
                    next = WhomToWake();
                }
                else if (closing)
                {
                    threads.Remove(thread);
                    return false;
                }
                else
                {
                    thread.NextIdle = idle;
                    idle = thread;
                }
            }

            if (call is not null)
            {
                if (next is not null)
                {
                    _ = TryWake(next);
                }

                return true;
            }

            if (!thread.Gate.Wait(pool.IdleTime) && TryLeave(thread))
            {
                return false;
            }
        }
    }

    /// <summary>A call ended that signals were being sent for. From here on none is. The worker's thread.</summary>
    public void EndInterrupted(WorkerCall call)
    {
        lock (sync)
        {
            interrupted.Remove(call);
            call.State = WorkerCallState.Done;
        }
    }

    private void Append(WorkerCall call)
    {
        call.State = WorkerCallState.Queued;
        call.Next = null;
        call.Previous = last;
        if (last is null)
        {
            first = call;
        }
        else
        {
            last.Next = call;
        }

        last = call;
        Volatile.Write(ref queued, queued + 1);
    }

    private void Unlink(WorkerCall call)
    {
        if (call.Previous is null)
        {
            first = call.Next;
        }
        else
        {
            call.Previous.Next = call.Next;
        }

        if (call.Next is null)
        {
            last = call.Previous;
        }
        else
        {
            call.Next.Previous = call.Previous;
        }

        call.Next = null;
        call.Previous = null;
        Volatile.Write(ref queued, queued - 1);
    }

    /// <summary>
    /// Finds who is to look after what waits: nobody, when nothing does, or when somebody is about to look anyway and will call the next one; else a thread that sleeps, the last one to have gone to sleep; else a new one, up to the limit.
    /// Under the lock; the caller wakes it outside.
    /// </summary>
    private WorkerThread? WhomToWake()
    {
        if (queued == 0 || waking != 0)
        {
            return null;
        }

        WorkerThread? next = idle;
        if (next is not null)
        {
            idle = next.NextIdle;
            next.NextIdle = null;
            next.IsWaking = true;
        }
        else if (threads.Count + reserved < limit)
        {
            reserved++; // It is one of the group's when it has started.
            next = new WorkerThread(this, pool);
        }
        else
        {
            return null;
        }

        waking++;
        return next;
    }

    private bool TryWake(WorkerThread thread)
    {
        if (!thread.IsNew)
        {
            thread.Gate.Open();
            return true;
        }

        lock (sync)
        {
            thread.IsNew = false;
            reserved--;
            threads.Add(thread); // First, so that it finds itself there when it ends at once.
        }

        if (thread.TryStart(name))
        {
            return true;
        }

        lock (sync)
        {
            threads.Remove(thread);
            waking--;
        }

        return false;
    }

    /// <summary>Ends a thread that has slept for long, unless it was called a moment late.</summary>
    private bool TryLeave(WorkerThread thread)
    {
        lock (sync)
        {
            if (thread.IsWaking)
            {
                return false;
            }

            WorkerThread? before = null;
            for (WorkerThread? one = idle; one is not null; before = one, one = one.NextIdle)
            {
                if (!ReferenceEquals(one, thread))
                {
                    continue;
                }

                if (before is null)
                {
                    idle = one.NextIdle;
                }
                else
                {
                    before.NextIdle = one.NextIdle;
                }

                one.NextIdle = null;
                threads.Remove(thread);
                return true;
            }

            return false; // Closed: it is to look again.
        }
    }

    /// <summary>
    /// Interrupts a call, if it runs. Under the lock, under which a call that is being interrupted also ends: the signal is sent only while the worker has this call, and the worker takes in what was sent before it begins the next
    /// one. A worker that has looked at the flag and not yet entered the kernel would miss it, so that it is sent again until the call is over.
    /// </summary>
    private void Interrupt(WorkerCall call)
    {
        if (call.State == WorkerCallState.Running)
        {
            call.CancelAsked = true; // Before the state: a worker that finds itself interrupted finds this.
            if (!call.TryChange(WorkerCallState.Running, WorkerCallState.Interrupted))
            {
                return; // It has just ended.
            }

            interrupted.Add(call);
            WorkerSignal.Send(call.Thread);
        }

        if (!interrupting && interrupted.Count != 0)
        {
            interrupting = WorkerThread.TryStart(Repeat, name + "-interrupt") is not null; // Without it, this one signal has to do; the next cancel tries again.
        }
    }

    private void Repeat()
    {
        for (int pause = 1; ; pause = Math.Min(pause * 2, 50))
        {
            Thread.Sleep(pause); // The pace of the signals; nothing waits for it.
            lock (sync)
            {
                foreach (WorkerCall call in interrupted)
                {
                    WorkerSignal.Send(call.Thread);
                }

                if (interrupted.Count == 0)
                {
                    interrupting = false;
                    return;
                }
            }
        }
    }
}
