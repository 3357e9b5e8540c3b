namespace Dispatch;

/// <summary>One system call on its way through a worker, and back to the owner. What it is about is read from the request's entry, which stays as it is until the request ends.</summary>
internal sealed class WorkerCall
{
    private volatile bool cancelAsked;

    /// <summary>Gets or sets the request.</summary>
    public EmulatedRequest? Request { get; set; }

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

    /// <summary>Gets or sets how many bytes the request had moved before.</summary>
    public long Done { get; set; }

    /// <summary>Gets or sets the result.</summary>
    public int Result { get; set; }

    /// <summary>Gets or sets the next in the list of those that are done, and of those that are idle.</summary>
    public WorkerCall? Next { get; set; }
}
