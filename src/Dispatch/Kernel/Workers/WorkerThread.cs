using static Dispatch.SystemCall;

namespace Dispatch;

/// <summary>One thread of a group: takes calls, makes them, hands them on.</summary>
internal sealed class WorkerThread(WorkerGroup group, WorkerPool pool)
{
    private const int StackBytes = 256 * 1024;

    private WorkerCall? current;

    /// <summary>Gets where it sleeps when there is nothing to do.</summary>
    public WorkerGate Gate { get; } = new();

    /// <summary>Gets the kernel's number of the thread; 0 until it has begun.</summary>
    public long Number { get; private set; }

    /// <summary>Gets or sets a value indicating whether it was told that there is something, and has not looked yet. Under the group's lock.</summary>
    public bool IsWaking { get; set; } = true;

    /// <summary>Gets or sets the next in the group's list of those that sleep. Under the group's lock.</summary>
    public WorkerThread? NextIdle { get; set; }

    /// <summary>Gets or sets the call that it makes, or the last one that it made.</summary>
    public WorkerCall? Current
    {
        get => Volatile.Read(ref current);
        set => Volatile.Write(ref current, value);
    }

    /// <summary>Gets or sets a value indicating whether it is yet to be started.</summary>
    public bool IsNew { get; set; } = true;

    /// <summary>Gets the thread.</summary>
    public Thread? Thread { get; private set; }

    /// <summary>Starts a background thread. Null when the system has none left.</summary>
    public static Thread? TryStart(ThreadStart work, string name)
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

    /// <summary>Starts it. False when the system has no thread left.</summary>
    public bool TryStart(string name)
    {
        Thread = TryStart(Work, name);
        return Thread is not null;
    }

    private void Work()
    {
        Number = Run(ThreadNumber);
        WorkerSignal.PrepareThread();
        while (group.TryTake(this, out WorkerCall? call))
        {
            long result;
            do
            {
                result = call!.CancelAsked ? -Errno.EINTR : call.Run();
            }
            while (result == -Errno.EINTR && !call.CancelAsked && call.IsRestarted); // Somebody else's signal.

            bool interrupted = !call.TryChange(WorkerCallState.Running, WorkerCallState.Done);
            if (interrupted)
            {
                group.EndInterrupted(call);

                // Signals for this call were sent under the lock, so that they are pending by now at the latest. They arrive on the way out of this call, and none is left for the next one.
                Run(ThreadNumber);
            }

            call.Result = result == -Errno.EINTR && call.CancelAsked ? -Errno.ECANCELED : result;
            pool.OnDone(call);
        }
    }
}
