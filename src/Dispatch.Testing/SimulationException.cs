namespace Dispatch.Testing;

/// <summary>A simulated run failed. The message has everything that is needed to see it again: the seed, the faults that it takes, and the last events.</summary>
public sealed class SimulationException : Exception
{
    internal SimulationException(long seed, Exception cause, string trace, IReadOnlyList<FaultKind> neededFaults, IReadOnlyList<string> neededEvents, int replays)
        : base(Describe(seed, cause, trace, neededFaults, neededEvents, replays), cause)
    {
        Seed = seed;
        Trace = trace;
        NeededFaults = neededFaults;
        NeededEvents = neededEvents;
    }

    /// <summary>Gets the seed, with which <see cref="SimulatedKernel.Run"/> fails in the same way again.</summary>
    public long Seed { get; }

    /// <summary>Gets the last events, a line each.</summary>
    public string Trace { get; }

    /// <summary>Gets the kinds of faults without which it does not fail; empty when it fails without any, or when no replays were made.</summary>
    public IReadOnlyList<FaultKind> NeededFaults { get; }

    /// <summary>Gets the single faults that are enough to make it fail, in words, where few are.</summary>
    public IReadOnlyList<string> NeededEvents { get; }

    private static string Describe(long seed, Exception cause, string trace, IReadOnlyList<FaultKind> faults, IReadOnlyList<string> events, int replays)
    {
        string text = $"Seed {seed} failed: {cause.Message}\n";
        if (replays > 0)
        {
            text += faults.Count == 0 ? $"It fails without any fault, too ({replays} replays).\n" : $"It takes these faults ({replays} replays): {string.Join(", ", faults)}.\n";
            if (events.Count != 0)
            {
                text += $"These are enough: {string.Join("; ", events)}.\n";
            }
        }

        text += $"The last events:\n{trace}";
        return cause is SimulationCheckException ? text : text + cause + "\n";
    }
}
