namespace Dispatch;

/// <summary>One system call on its way through a worker, and back to the owner.</summary>
internal abstract class WorkerCall
{
    private volatile bool cancelAsked;

    /// <summary>Gets or sets whom it is made as, or null for the process's own user.</summary>
    public FileIdentity? Identity { get; set; }

    /// <summary>Gets or sets the group that runs it.</summary>
    public WorkerGroup? Group { get; set; }

    /// <summary>Gets or sets how far it is. Under the group's lock.</summary>
    public WorkerCallState State { get; set; }

    /// <summary>Gets or sets the kernel's number of the thread that runs it. Under the group's lock.</summary>
    public long Thread { get; set; }

    /// <summary>Gets or sets a value indicating whether it is to end as soon as it can: set by the owner, read by the worker.</summary>
    public bool CancelAsked
    {
        get => cancelAsked;
        set => cancelAsked = value;
    }

    /// <summary>Gets or sets the result.</summary>
    public long Result { get; set; }

    /// <summary>Gets or sets the next in the list of those that are done, and of those that are idle.</summary>
    public WorkerCall? Next { get; set; }

    /// <summary>Gets a value indicating whether the call is made again when a signal interrupts it that was not meant for it.</summary>
    public abstract bool IsRestarted { get; }

    /// <summary>Makes the call, as whom it is to be made. On the worker's thread. Returns the kernel's answer; negative is an errno.</summary>
    public long Run() => Identity is { } identity ? identity.Run(static call => call.Execute(), this) : Execute();

    /// <summary>Makes the call.</summary>
    protected abstract long Execute();
}
