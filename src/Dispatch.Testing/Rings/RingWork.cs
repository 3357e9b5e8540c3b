namespace Dispatch.Testing;

/// <summary>What the simulated kernel keeps with one request: where it is, what it refers to, and the memory that was lent with it. Pooled.</summary>
internal sealed class RingWork(SimulatedRing ring) : SimulatedEvent, IWaiter
{
    /// <summary>Gets the ring.</summary>
    public SimulatedRing Ring => ring;

    /// <summary>Gets the kernel.</summary>
    public SimulatedKernel Kernel => ring.Kernel;

    /// <summary>Gets or sets the request.</summary>
    public EmulatedRequest Request { get; set; } = null!;

    /// <summary>Gets or sets the open file that it works on, of which it holds a reference.</summary>
    public OpenDescription? Target { get; set; }

    /// <summary>Gets or sets where it stands in line.</summary>
    public OpenDescription? WaitsAt { get; set; }

    /// <summary>Gets or sets where it is.</summary>
    public WorkStage Stage { get; set; }

    /// <summary>Gets or sets how many bytes a call that goes on until it has all has moved.</summary>
    public int Done { get; set; }

    /// <summary>Gets or sets a value indicating whether it was asked to stop while it was being done.</summary>
    public bool IsStopping { get; set; }

    /// <summary>Gets or sets a value indicating whether a cancel did not find it: it goes on if it brings something now, and ends if it does not.</summary>
    public bool IsMissed { get; set; }

    /// <summary>Gets or sets a value indicating whether it has waited before: what is reported then is a change.</summary>
    public bool HasWaited { get; set; }

    /// <summary>Gets or sets the result that somebody else has decided on: a futex that was woken.</summary>
    public int? Decided { get; set; }

    /// <summary>Gets or sets whom it sends to, where the request says so.</summary>
    public SimulatedAddress? Destination { get; set; }

    /// <summary>Gets or sets the result of the second completion of a send without a copy, once the first is posted.</summary>
    public int? Notification { get; set; }

    /// <summary>Gets the memory that was lent with it.</summary>
    public LentMemory Memory { get; } = new();

    /// <summary>Gets or sets the next idle one.</summary>
    public RingWork? NextIdle { get; set; }

    /// <inheritdoc/>
    public PollEvents Interest => Request.Opcode switch
    {
        Opcode.PollAdd => (PollEvents)Request.Entry.OperationFlags,
        Opcode.Send or Opcode.SendZc or Opcode.Sendmsg or Opcode.Write or Opcode.Writev or Opcode.WriteFixed or Opcode.Connect => PollEvents.Writable,
        _ => PollEvents.Readable | PollEvents.ReadHangUp,
    };

    /// <summary>Gets a value indicating whether it brings several completions.</summary>
    public bool IsMultishot => Request.Opcode switch
    {
        Opcode.Accept => (Request.Entry.IoPriority & IoUringAbi.IORING_ACCEPT_MULTISHOT) != 0,
        Opcode.Recv or Opcode.Recvmsg => (Request.Entry.IoPriority & IoUringAbi.IORING_RECV_MULTISHOT) != 0,
        Opcode.PollAdd => (Request.Entry.Length & IoUringAbi.IORING_POLL_ADD_MULTI) != 0,
        _ => false,
    };

    /// <inheritdoc/>
    public override void Fire() => ring.Enqueue(this);

    /// <inheritdoc/>
    public void OnReady() => ring.OnReady(this);
}
