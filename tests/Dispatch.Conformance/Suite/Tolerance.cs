namespace Dispatch.Conformance;

/// <summary>What a scenario takes as an ordinary answer. Times, orders and wake-ups that differ are always to be taken.</summary>
[Flags]
public enum Tolerance
{
    /// <summary>Results are whole and right.</summary>
    None = 0,

    /// <summary>Reads, writes, sends and receives may do less than they were asked for.</summary>
    Partial = 1,

    /// <summary>Requests may fail as devices and peers do.</summary>
    Errors = 2,
}
