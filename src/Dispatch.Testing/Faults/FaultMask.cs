namespace Dispatch.Testing;

/// <summary>The faults that a replay leaves out: whole kinds, and of the others all but single ones by their number. Immutable.</summary>
internal sealed class FaultMask
{
    private readonly uint kinds;
    private readonly HashSet<int>? shown;

    private FaultMask(uint kinds, HashSet<int>? shown)
    {
        this.kinds = kinds;
        this.shown = shown;
    }

    /// <summary>Gets the mask that hides nothing.</summary>
    public static FaultMask Nothing { get; } = new(0, null);

    /// <summary>Hides a kind as well.</summary>
    public FaultMask And(FaultKind kind) => new(kinds | (1u << (int)kind), shown);

    /// <summary>Hides everything but single faults.</summary>
    public FaultMask Only(IEnumerable<int> numbers) => new(kinds, [.. numbers]);

    /// <summary>Says whether this one is left out.</summary>
    public bool Hides(FaultKind kind, int number) => (kinds & (1u << (int)kind)) != 0 || (shown is not null && !shown.Contains(number));
}
