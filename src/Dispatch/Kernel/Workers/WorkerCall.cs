namespace Dispatch;

/// <summary>One system call on its way through a worker, and back to the owner.</summary>
internal abstract class WorkerCall
{
    private volatile bool cancelAsked;
    private int state = (int)WorkerCallState.Done;

    /// <summary>Gets or sets whom it is made as, or null for the process's own user.</summary>
    public FileIdentity? Identity { get; set; }

    /// <summary>Gets or sets the group that runs it.</summary>
    public WorkerGroup? Group { get; set; }

    /// <summary>Gets or sets how far it is. Set under the group's lock, but for <see cref="TryChange"/>.</summary>
    public WorkerCallState State
    {
        get => (WorkerCallState)Volatile.Read(ref state);
        set => Volatile.Write(ref state, (int)value);
    }

    /// <summary>Gets or sets the kernel's number of the thread that runs it. Written before it is <see cref="WorkerCallState.Running"/>.</summary>
    public long Thread { get; set; }

    /// <summary>Gets or sets a value indicating whether it is to end as soon as it can: set by the owner, read by the worker.</summary>
    public bool CancelAsked
    {
        get => cancelAsked;
        set => cancelAsked = value;
    }

    /// <summary>Gets or sets the result.</summary>
    public long Result { get; set; }

    /// <summary>Gets or sets the next in the list that it is in: of those that wait for a worker, that are done, or that are idle.</summary>
    public WorkerCall? Next { get; set; }

    /// <summary>Gets or sets the one before it among those that wait for a worker. Under the group's lock.</summary>
    public WorkerCall? Previous { get; set; }

    /// <summary>Gets a value indicating whether the call is made again when a signal interrupts it that was not meant for it.</summary>
    public abstract bool IsRestarted { get; }

    /// <summary>Makes the call, as whom it is to be made. On the worker's thread. Returns the kernel's answer; negative is an errno.</summary>
    public long Run() => Identity is { } identity ? identity.Run(static call => call.Execute(), this) : Execute();

    /// <summary>Takes it from one state to the next, unless somebody else has taken it on.</summary>
    public bool TryChange(WorkerCallState from, WorkerCallState to) => Interlocked.CompareExchange(ref state, (int)to, (int)from) == (int)from;

    /// <summary>Makes the call.</summary>
    protected abstract long Execute();
}
