namespace Dispatch.Testing;

/// <summary>How often a simulated kernel misbehaves in which way: a rate from 0 (never) to 1 (always) for each kind. Immutable.</summary>
public sealed class FaultPlan
{
    private readonly double[] rates;

    private FaultPlan(double[] rates) => this.rates = rates;

    /// <summary>Gets the plan without faults: everything at once, in order, in full.</summary>
    public static FaultPlan None { get; } = new(new double[Kinds]);

    /// <summary>
    /// Gets the plan of a busy system without failures: what is late, short, out of order, interrupted or raced, but nothing that fails. Code that is correct gives every client its answers under it. The default.
    /// </summary>
    public static FaultPlan Busy { get; } = None
        .With(FaultKind.CompletionOrder, 0.3)
        .With(FaultKind.Delay, 0.2)
        .With(FaultKind.SlowDelivery, 0.3)
        .With(FaultKind.ShortResult, 0.15)
        .With(FaultKind.MultishotEnd, 0.05)
        .With(FaultKind.EnterInterrupted, 0.03)
        .With(FaultKind.EnterBusy, 0.03)
        .With(FaultKind.PartialSubmit, 0.1)
        .With(FaultKind.SmallQueues, 0.3)
        .With(FaultKind.TaskWorkBatch, 0.2)
        .With(FaultKind.SpuriousWake, 0.02)
        .With(FaultKind.CancelRace, 0.3)
        .With(FaultKind.LostCancel, 0.3)
        .With(FaultKind.PageDropped, 0.2)
        .With(FaultKind.LoopOrder, 0.5);

    /// <summary>Gets the plan of a failing system: <see cref="Busy"/>, and failures of disks, connections and limits, a few in a hundred.</summary>
    public static FaultPlan Failing { get; } = Busy
        .With(FaultKind.DiskError, 0.02)
        .With(FaultKind.NoSpace, 0.02)
        .With(FaultKind.NoBuffers, 0.02)
        .With(FaultKind.ConnectionReset, 0.01)
        .With(FaultKind.NoDescriptors, 0.02)
        .With(FaultKind.NoMemory, 0.01);

    private static int Kinds => (int)FaultKind.NoMemory + 1;

    /// <summary>Gets the rate of a kind.</summary>
    /// <param name="kind">The kind.</param>
    /// <returns>0 for never, 1 for always.</returns>
    public double this[FaultKind kind] => rates[(int)kind];

    /// <summary>Makes a plan with another rate for one kind.</summary>
    /// <param name="kind">The kind.</param>
    /// <param name="rate">0 for never, 1 for always. A kind that keeps anything from ever succeeding, at 1, keeps a scenario from ending.</param>
    /// <returns>The plan.</returns>
    public FaultPlan With(FaultKind kind, double rate)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rate);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(rate, 1);
        double[] copy = [.. rates];
        copy[(int)kind] = rate;
        return new FaultPlan(copy);
    }

    /// <summary>Makes a plan without some kinds.</summary>
    /// <param name="kinds">The kinds.</param>
    /// <returns>The plan.</returns>
    public FaultPlan Without(params ReadOnlySpan<FaultKind> kinds)
    {
        double[] copy = [.. rates];
        foreach (FaultKind kind in kinds)
        {
            copy[(int)kind] = 0;
        }

        return new FaultPlan(copy);
    }
}
