namespace Dispatch.Testing;

/// <summary>The time at which a ring's earliest timeout is due: a loop that only polls is then told to enter.</summary>
internal sealed class RingTimer(SimulatedRing ring) : SimulatedEvent
{
    /// <inheritdoc/>
    public override void Fire() => ring.OnTimer();
}
