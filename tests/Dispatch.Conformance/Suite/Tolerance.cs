namespace Dispatch.Conformance;

/// <summary>What a scenario takes as an ordinary answer. Times, orders and wake-ups that differ are always to be taken.</summary>
[Flags]
public enum Tolerance
{
    /// <summary>Results are whole and right.</summary>
    None = 0,

    /// <summary>Reads, writes, sends and receives may do less than they were asked for.</summary>
    Partial = 1,

    /// <summary>A healthy multishot may end, and has to be made again.</summary>
    Multishots = 4,

    /// <summary>A cancel may come too late, or miss a request between two waits.</summary>
    Cancels = 8,

    /// <summary>Not even this: that entries which were staged together are submitted apart. It takes chains apart, as it does on io_uring.</summary>
    OnlyWholeSubmits = 16,

    /// <summary>Not even this: queues smaller than the scenario asked for. A chain longer than its queue is refused, rightly.</summary>
    OnlyGivenQueues = 32,

    /// <summary>Whatever correct code does not notice.</summary>
    Any = Partial | Multishots | Cancels,

    /// <summary>Requests may fail as devices and peers do.</summary>
    Errors = 2,
}
