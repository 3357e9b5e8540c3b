namespace Dispatch.Testing;

/// <summary>Who may enter a simulated kernel by a ring, and when the kernel refuses it.</summary>
internal sealed class EnterRules(SimulatedRing ring)
{
    /// <summary>Tells of a caller who breaks the law of one owner a ring, or of a loop that sleeps and enters.</summary>
    public void VerifyCaller()
    {
        if (ring.Engine is { IsOwner: false } stranger && !ring.Kernel.IsCrashing)
        {
            ring.Kernel.Violate($"The ring of {stranger.Loop.Name} was used by a thread, or in the turn of a loop, that does not own it.");
        }

        if (ring.Stepper is { IsParked: true })
        {
            ring.Kernel.Violate($"{ring.Engine?.Loop.Name ?? "A loop"} sleeps, and entered the kernel.");
        }
    }

    /// <summary>Draws an error for this enter, or 0.</summary>
    public int DrawRefusal()
    {
        FaultSource faults = ring.Kernel.Faults;
        return faults.Strikes(FaultKind.EnterInterrupted) ? -Errno.EINTR
            : faults.Strikes(FaultKind.EnterBusy) ? (faults.Below(2) == 0 ? -Errno.EAGAIN : -Errno.EBUSY)
            : faults.Strikes(FaultKind.NoMemory) ? -Errno.ENOMEM
            : 0;
    }
}
