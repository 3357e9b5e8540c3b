namespace Dispatch.Testing;

/// <summary>
/// Decides about every fault of one run, from the seed, and counts. A kind, or single faults, can be masked: the decision is drawn all the same, so that what comes after it draws the same numbers, as far as the run
/// still goes the same way. That is how a failing run is made smaller.
/// </summary>
internal sealed class FaultSource
{
    private readonly SeededRandom random;
    private readonly ulong[] thresholds = new ulong[SimulationTally.FaultKinds];
    private readonly FaultMask mask;
    private readonly SimulationTally tally;

    public FaultSource(ulong seed, FaultPlan plan, FaultMask mask, SimulationTally tally)
    {
        random = new SeededRandom(seed);
        this.mask = mask;
        this.tally = tally;
        for (int i = 0; i < thresholds.Length; i++)
        {
            thresholds[i] = plan[(FaultKind)i] >= 1 ? ulong.MaxValue : (ulong)(plan[(FaultKind)i] * ulong.MaxValue);
        }
    }

    /// <summary>Gets or sets the kind of request that is being worked on, or <see cref="SimulationTally.NoRequest"/>.</summary>
    public int RequestKind { get; set; } = SimulationTally.NoRequest;

    /// <summary>Gets how many faults there were, the masked ones included: the number of the next.</summary>
    public int Drawn { get; private set; }

    /// <summary>Gets or sets a value indicating whether nothing more is to go wrong: the run is being cleaned up.</summary>
    public bool IsQuiet { get; set; }

    /// <summary>Gets the faults that were injected, by number, for making a failing run smaller; null unless they are recorded.</summary>
    public List<(int Number, FaultKind Kind)>? Record { get; init; }

    /// <summary>Says whether this fault happens here.</summary>
    public bool Strikes(FaultKind kind)
    {
        ulong threshold = thresholds[(int)kind];
        if (threshold == 0 || random.Next() >= threshold)
        {
            return false;
        }

        int number = Drawn++;
        if (IsQuiet || mask.Hides(kind, number))
        {
            return false;
        }

        tally.Count(kind, RequestKind);
        Record?.Add((number, kind));
        return true;
    }

    /// <summary>Draws a detail of a fault: a number from 0 to less than the bound.</summary>
    public int Below(int bound) => random.Below(bound);

    /// <summary>Draws a detail of a fault: a number from 0 to less than the bound.</summary>
    public long Below(long bound) => random.Below(bound);

    /// <summary>Draws how many of these bytes a short result moves: at least one.</summary>
    public int ShortOf(int length) => length > 1 && Strikes(FaultKind.ShortResult) ? 1 + Below(length - 1) : length;
}
