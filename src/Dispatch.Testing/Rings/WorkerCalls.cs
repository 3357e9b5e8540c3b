namespace Dispatch.Testing;

/// <summary>The system calls that a ring's workers are at, and their ends in simulated time. Under the kernel's lock.</summary>
internal sealed class WorkerCalls(SimulatedKernel kernel)
{
    private readonly List<SimulatedCall> calls = [];

    /// <summary>Begins one.</summary>
    public void Begin(WorkerCall call, WorkerPool pool)
    {
        SimulatedCall work = new(kernel, (LoopCall)call, pool);
        call.State = WorkerCallState.Queued;
        calls.RemoveAll(static c => c.IsOver);
        calls.Add(work);
        kernel.Events.Schedule(work, kernel.Now + kernel.DrawDelay() + Math.Max(0, work.Duration));
        kernel.ArmLiveTimer();
    }

    /// <summary>Withdraws one, or says that a worker has it already.</summary>
    public int Cancel(WorkerCall call)
    {
        if (calls.Find(c => ReferenceEquals(c.Call, call) && !c.IsOver) is not { } work)
        {
            return -Errno.EALREADY;
        }

        kernel.Faults.RequestKind = SimulationTally.NoRequest;
        if (!work.WasMissed && work.Duration == 0 && kernel.Faults.Strikes(FaultKind.CancelRace))
        {
            work.WasMissed = true; // A worker has it already, and it ends by itself.
            return -Errno.EALREADY;
        }

        calls.Remove(work);
        kernel.Events.Remove(work);
        call.State = WorkerCallState.Withdrawn;
        return 0;
    }
}
