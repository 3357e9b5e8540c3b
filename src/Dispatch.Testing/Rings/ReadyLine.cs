namespace Dispatch.Testing;

/// <summary>The requests of a ring that can be done in its owner's next enter: in order, or, as a kernel may, a little out of it, and not all at once. Under the kernel's lock.</summary>
internal sealed class ReadyLine(SimulatedKernel kernel)
{
    /// <summary>How far out of order requests may come.</summary>
    private const int Window = 8;

    private readonly List<RingWork> requests = [];

    /// <summary>Gets their number.</summary>
    public int Count => requests.Count;

    /// <summary>Adds one.</summary>
    public void Add(RingWork work)
    {
        work.Stage = WorkStage.Ready;
        requests.Add(work);
    }

    /// <summary>Takes one out that has ended otherwise.</summary>
    public void Remove(RingWork work) => requests.Remove(work);

    /// <summary>Draws how many are done in this enter.</summary>
    public int DrawBatch() => Count > 1 && kernel.Faults.Strikes(FaultKind.TaskWorkBatch) ? 1 + kernel.Faults.Below(Count - 1) : Count;

    /// <summary>Takes the next one, to be done now.</summary>
    public RingWork Take()
    {
        int index = Count > 1 && kernel.Faults.Strikes(FaultKind.CompletionOrder) ? kernel.Faults.Below(Math.Min(Count, Window)) : 0;
        RingWork work = requests[index];
        kernel.Faults.RequestKind = (int)work.Request.Opcode;
        requests.RemoveAt(index);
        work.Stage = WorkStage.Running;
        return work;
    }
}
