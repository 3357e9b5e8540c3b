namespace Dispatch;

/// <summary>The options of a dispatcher and of each of its loops.</summary>
public sealed class DispatcherOptions : EventLoopOptions
{
    /// <summary>Gets or sets the number of loops. Default null: as many as the placement has CPUs, within the process's CPU mask and the container's quota.</summary>
    public int? LoopCount { get; set; }

    /// <summary>Gets or sets how loops are placed on CPUs. Default <see cref="LoopPlacement.Unbound"/>: pinning is not free, so measure before choosing.</summary>
    public LoopPlacement Placement { get; set; } = LoopPlacement.Unbound;

    /// <summary>Gets or sets the CPUs of <see cref="LoopPlacement.Explicit"/>, in the order in which loops take them.</summary>
    public CpuSet? Cpus { get; set; }

    /// <summary>Gets or sets how long disposing lets work finish before it cancels it; <see cref="Dispatcher.DrainAsync"/> takes a time of its own. Default 5 s.</summary>
    public TimeSpan DrainTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Gets or sets how long a turn of a loop may take until it counts as a stall: code on the loop's thread blocks or computes, and everything else of that loop waits. A watchdog's thread then reports it, once while it goes on and
    /// once when it has ended: to <see cref="StallDetected"/>, in <see cref="Dispatcher.RecentStalls"/>, <see cref="LoopStatistics.Stalls"/> and the event source. A loop that sleeps is none. Default null: nobody looks, and nothing is paid.
    /// When it is set, a turn pays two looks at the clock, and the watchdog looks twice in every such time.
    /// </summary>
    public TimeSpan? StallThreshold { get; set; }

    /// <summary>Gets or sets what is told of stalls. Called on the watchdog's thread, while the loop in question does not answer: it must not wait for it. What it throws goes to <see cref="EventLoopOptions.UnhandledException"/>.</summary>
    public Action<LoopStall>? StallDetected { get; set; }

    /// <summary>Checks everything that creating the dispatcher would, but for what the kernel has to say.</summary>
    internal void ValidateAll()
    {
        Validate();
        ArgumentOutOfRangeException.ThrowIfLessThan(DrainTimeout, TimeSpan.Zero);
        ValidateStalls();
        _ = PlacementPlan.Create(Placement, LoopCount, Cpus);
    }

    /// <summary>Checks what the watchdog goes by.</summary>
    internal void ValidateStalls()
    {
        if (StallThreshold is { } threshold && (threshold < TimeSpan.FromMilliseconds(1) || threshold > TimeSpan.FromHours(1)))
        {
            throw new ArgumentOutOfRangeException(nameof(StallThreshold), threshold, $"{nameof(DispatcherOptions)}.{nameof(StallThreshold)} must be 1 ms to 1 hour, or null.");
        }
    }
}
