namespace Dispatch.Testing;

/// <summary>One loop of a simulation, and what the simulation watches about it.</summary>
internal sealed class SteppedLoop(EventLoop loop, SimulatedRing ring)
{
    /// <summary>Gets the loop.</summary>
    public EventLoop Loop => loop;

    /// <summary>Gets its ring.</summary>
    public SimulatedRing Ring => ring;

    /// <summary>Gets what steps it.</summary>
    public LoopStepper Stepper { get; } = new(loop);

    /// <summary>Gets or sets how many steps in a row did nothing although nothing happened between them.</summary>
    public int FruitlessSteps { get; set; }

    /// <summary>Gets or sets a value indicating whether the machine crashed under it.</summary>
    public bool IsLost { get; set; }

    /// <summary>Says whether a step would find something to do.</summary>
    public bool CanStep(long now) => !Stepper.HasEnded && (!Stepper.IsParked || Stepper.HasReason || Stepper.ParkedUntil <= now);
}
