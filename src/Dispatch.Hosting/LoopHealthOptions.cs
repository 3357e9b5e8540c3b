namespace Dispatch.Hosting;

/// <summary>What the health check of a dispatcher takes for ill.</summary>
public sealed class LoopHealthOptions
{
    /// <summary>Gets or sets how long a loop may take to answer. A loop that does not is stalled: unhealthy. Default 1 s.</summary>
    public TimeSpan StallThreshold { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Gets or sets how many messages and requests may wait for a loop, or for room in its ring, before it counts as overloaded: degraded. Default 10,000.</summary>
    public int MaxQueueLength { get; set; } = 10_000;

    /// <summary>Gets or sets how many system calls may wait for a worker of a loop before it counts as overloaded: degraded. Default 1,000.</summary>
    public int MaxWorkerQueueLength { get; set; } = 1_000;

    /// <summary>Gets or sets a value indicating whether loops that run on Linux AIO because io_uring was refused are degraded. Default true.</summary>
    public bool ReportFallback { get; set; } = true;
}
