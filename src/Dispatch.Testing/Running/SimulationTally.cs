namespace Dispatch.Testing;

/// <summary>What is counted of one run, or of all runs of a series, which then count in the same place: it is too much to make and to add up for every seed.</summary>
internal sealed class SimulationTally
{
    /// <summary>The request kind of faults that strike no request: in an enter, in the order of the loops.</summary>
    public const int NoRequest = 63;

    /// <summary>How many request kinds are counted apart.</summary>
    public const int RequestKinds = 64;

    /// <summary>How many kinds of faults there are.</summary>
    public const int FaultKinds = (int)FaultKind.NoMemory + 1;

    private readonly long[] crossed = new long[FaultKinds * RequestKinds];

    /// <summary>Gets how many requests of each kind were begun.</summary>
    public long[] Requests { get; } = new long[RequestKinds];

    /// <summary>A fault was injected into a request of this kind.</summary>
    public void Count(FaultKind kind, int request) => crossed[((int)kind * RequestKinds) + request]++;

    /// <summary>Gets how often a fault was injected into requests of this kind.</summary>
    public long Of(FaultKind kind, int request) => crossed[((int)kind * RequestKinds) + request];

    /// <summary>Gets how often a fault was injected.</summary>
    public long Of(FaultKind kind)
    {
        long sum = 0;
        for (int i = 0; i < RequestKinds; i++)
        {
            sum += Of(kind, i);
        }

        return sum;
    }
}
