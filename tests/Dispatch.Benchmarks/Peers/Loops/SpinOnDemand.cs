namespace Dispatch.Benchmarks;

/// <summary>
/// Spins while a window is being measured and parks in between, so that a hot receiver takes no CPU from its rivals. Whoever ends the heat need do no more; whoever begins it
/// posts something, since a parked loop does not ask.
/// </summary>
internal sealed class SpinOnDemand : IdleStrategy
{
    private volatile bool isHot;

    public bool IsHot
    {
        get => isHot;
        set => isHot = value;
    }

    public override IdleAction Decide(int emptyTurns) => isHot ? IdleAction.Spin : IdleAction.Park;
}
