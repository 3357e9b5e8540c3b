namespace Dispatch.Testing;

/// <summary>What the runs of a series use one after the other, because it is too much to make for every seed. Each begins it anew; what a failing run leaves here has to be read before the next begins.</summary>
internal sealed class SimulationStore(SimulationOptions options)
{
    /// <summary>Gets the memory of the trace.</summary>
    public TraceEntry[] Trace { get; } = new TraceEntry[options.TraceLength];

    /// <summary>Gets the faults that were injected.</summary>
    public List<(int Number, FaultKind Kind)> Faults { get; } = [];
}
