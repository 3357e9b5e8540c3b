namespace Dispatch.Testing;

/// <summary>The idle objects that a simulated ring keeps with its requests. Owner only.</summary>
internal sealed class RingWorkPool(SimulatedRing ring)
{
    private RingWork? idle;

    /// <summary>Takes one for a request that begins.</summary>
    public RingWork Rent(EmulatedRequest request)
    {
        RingWork work = idle ?? new RingWork(ring);
        idle = work.NextIdle;
        work.NextIdle = null;
        work.Request = request;
        work.Stage = WorkStage.Running;
        request.State = work;
        return work;
    }

    /// <summary>Gives one back that refers to nothing that is lent any more.</summary>
    public void Return(RingWork work)
    {
        work.Stage = WorkStage.Idle;
        work.Request = null!;
        work.Target = null;
        work.WaitsAt = null;
        work.Destination = null;
        work.Done = 0;
        work.IsStopping = false;
        work.IsMissed = false;
        work.HasWaited = false;
        work.Decided = null;
        work.Notification = null;
        work.NextIdle = idle;
        idle = work;
    }
}
