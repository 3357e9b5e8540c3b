using static Dispatch.SystemCall;

namespace Dispatch;

/// <summary>
/// Worker threads of one owner for one kind of call. Threads are made as calls come, up to the limit, beyond which calls wait; they end with the owner, or when they have had nothing to do for a while. Calls that can wait for ever have a group of their own, so that
/// however many of them hang, the others go on.
/// </summary>
/// <param name="pool">Where finished calls go.</param>
/// <param name="name">The threads' name.</param>
/// <param name="limit">The greatest number of threads.</param>
internal sealed class WorkerGroup(WorkerPool pool, string name, int limit)
{
    private const int StackBytes = 256 * 1024;

    private readonly object sync = new();
    private readonly Queue<WorkerCall> queue = new();
    private readonly List<WorkerCall> running = [];
    private readonly List<Thread> threads = [];
    private int idle;
    private bool closing;
    private bool interrupting;

    /// <summary>Gets the number of threads. Any thread, approximately.</summary>
    public int ThreadCount => threads.Count;

    /// <summary>Gets the number of calls that wait for a worker. Any thread, approximately.</summary>
    public int QueueLength => queue.Count;

    /// <summary>Gets how many calls had to wait because every thread that there may be was busy. Owner only.</summary>
    public long Waits { get; private set; }

    /// <summary>Takes a call on. Returns 0, or a negative errno when it cannot be run because no thread could be made: −EMFILE where the runtime found no descriptors for one, else −EAGAIN. Owner only.</summary>
    public int Enqueue(WorkerCall call)
    {
        call.Group = this;
        call.State = WorkerCallState.Queued;
        lock (sync)
        {
            queue.Enqueue(call);
            if (idle >= queue.Count)
            {
                Monitor.Pulse(sync);
                return 0;
            }

            if (threads.Count < limit && TryAddThread())
            {
                return 0;
            }

            if (threads.Count != 0)
            {
                Waits++;
                return 0; // Without a new thread it waits for one of those that there are.
            }

            call.State = WorkerCallState.Withdrawn;
            int shortage = DescriptorShortage.Probe();
            return shortage == 0 ? -Errno.EAGAIN : -shortage;
        }
    }

    /// <summary>
    /// Cancels a call: 0 when no worker had come to it, and none will; −EALREADY when it runs and was told to stop, or is over already. Owner, or who closes for a dead one.
    /// </summary>
    public int Cancel(WorkerCall call)
    {
        lock (sync)
        {
            switch (call.State)
            {
                case WorkerCallState.Queued:
                    call.State = WorkerCallState.Withdrawn;
                    return 0;
                case WorkerCallState.Running:
                    Interrupt(call);
                    return -Errno.EALREADY;
                default:
                    return -Errno.EALREADY;
            }
        }
    }

    /// <summary>No call comes any more. Those that run are told to stop; threads end when they have nothing left.</summary>
    public void Close()
    {
        lock (sync)
        {
            closing = true;
            foreach (WorkerCall call in running)
            {
                Interrupt(call);
            }

            Monitor.PulseAll(sync);
        }
    }

    /// <summary>Waits for the end of the threads. Only when no call runs.</summary>
    public void Join()
    {
        Thread[] ending;
        lock (sync)
        {
            ending = [.. threads];
        }

        foreach (Thread thread in ending)
        {
            thread.Join();
        }
    }

    private static Thread? TryStart(ThreadStart work, string name)
    {
        if (DescriptorShortage.Probe() != 0)
        {
            return null; // The runtime ends the process when it finds no descriptors for a thread that it has begun.
        }

        try
        {
            Thread thread = new(work, StackBytes) { IsBackground = true, Name = name };
            thread.UnsafeStart();
            return thread;
        }
        catch (Exception e) when (e is OutOfMemoryException or ThreadStartException)
        {
            return null; // The system has no thread left.
        }
    }

    private bool TryAddThread()
    {
        Thread? thread = TryStart(Work, name);
        if (thread is null)
        {
            return false;
        }

        threads.Add(thread);
        return true;
    }

    private void Work()
    {
        long number = Run(ThreadNumber);
        WorkerSignal.PrepareThread();
        while (TryTake(number, out WorkerCall? call))
        {
            long result;
            do
            {
                result = call!.CancelAsked ? -Errno.EINTR : call.Run();
            }
            while (result == -Errno.EINTR && !call.CancelAsked && call.IsRestarted); // Somebody else's signal.

            bool interrupted;
            lock (sync)
            {
                call.State = WorkerCallState.Done;
                running.Remove(call);
                interrupted = call.CancelAsked;
            }

            call.Result = result == -Errno.EINTR && interrupted ? -Errno.ECANCELED : result;
            if (interrupted)
            {
                // Signals for this call were sent under the lock, so that they are pending by now at the latest. They arrive on the way out of this call, and none is left for the next one.
                Run(ThreadNumber);
            }

            pool.OnDone(call);
        }
    }

    private bool TryTake(long thread, out WorkerCall? call)
    {
        lock (sync)
        {
            bool isNeeded = true;
            while (true)
            {
                // Also by one that has waited for long: a pulse that was meant for it may have come a moment late.
                while (queue.TryDequeue(out call))
                {
                    if (call.State == WorkerCallState.Queued)
                    {
                        call.State = WorkerCallState.Running;
                        call.Thread = thread;
                        running.Add(call);
                        return true;
                    }
                }

                if (closing)
                {
                    return false;
                }

                if (!isNeeded)
                {
                    threads.Remove(Thread.CurrentThread);
                    return false;
                }

                idle++;
                isNeeded = Monitor.Wait(sync, pool.IdleTime);
                idle--;
            }
        }
    }

    /// <summary>
    /// Interrupts a running call. Under the lock, under which the call also ends: the signal is sent only while the worker has this call, and the worker takes in what was sent before it begins the next one. A worker that has
    /// looked at the flag and not yet entered the kernel would miss it, so that it is sent again until the call is over.
    /// </summary>
    private void Interrupt(WorkerCall call)
    {
        call.CancelAsked = true;
        WorkerSignal.Send(call.Thread);
        if (!interrupting)
        {
            interrupting = TryStart(Repeat, name + "-interrupt") is not null; // Without it, this one signal has to do; the next cancel tries again.
        }
    }

    private void Repeat()
    {
        for (int pause = 1; ; pause = Math.Min(pause * 2, 50))
        {
            Thread.Sleep(pause); // The pace of the signals; nothing waits for it.
            lock (sync)
            {
                bool any = false;
                foreach (WorkerCall call in running)
                {
                    if (call.CancelAsked)
                    {
                        any = true;
                        WorkerSignal.Send(call.Thread);
                    }
                }

                if (!any)
                {
                    interrupting = false;
                    return;
                }
            }
        }
    }
}
