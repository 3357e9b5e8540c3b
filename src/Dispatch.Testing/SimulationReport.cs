namespace Dispatch.Testing;

/// <summary>What happened in one run or several.</summary>
public sealed class SimulationReport
{
    internal SimulationReport(
        long seeds,
        long steps,
        long requests,
        long completions,
        TimeSpan virtualTime,
        long traceHash,
        IReadOnlyDictionary<FaultKind, long> faults,
        IReadOnlyDictionary<string, long> calls,
        IReadOnlyDictionary<(FaultKind Kind, string Call), long> faultsByCall)
    {
        FaultsByCall = faultsByCall;
        Seeds = seeds;
        Steps = steps;
        Requests = requests;
        Completions = completions;
        VirtualTime = virtualTime;
        TraceHash = traceHash;
        Faults = faults;
        Calls = calls;
    }

    /// <summary>Gets how many seeds were run.</summary>
    public long Seeds { get; }

    /// <summary>Gets how many steps were made: of loops, of the script, and events.</summary>
    public long Steps { get; }

    /// <summary>Gets how many requests were begun.</summary>
    public long Requests { get; }

    /// <summary>Gets how many completions there were: one for each request, and more for multishots.</summary>
    public long Completions { get; }

    /// <summary>Gets how much virtual time passed.</summary>
    public TimeSpan VirtualTime { get; }

    /// <summary>Gets a number that depends on every event and their order: the same seeds have the same one.</summary>
    public long TraceHash { get; }

    /// <summary>Gets how often each kind of fault was injected.</summary>
    public IReadOnlyDictionary<FaultKind, long> Faults { get; }

    /// <summary>Gets how often each kind of fault was injected into each kind of request, by the names of their calls; an empty name for those in no request.</summary>
    public IReadOnlyDictionary<(FaultKind Kind, string Call), long> FaultsByCall { get; }

    /// <summary>Gets how many requests of each kind were begun, by the names of their calls.</summary>
    public IReadOnlyDictionary<string, long> Calls { get; }
}
