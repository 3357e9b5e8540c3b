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

    /// <summary>Checks everything that creating the dispatcher would, but for what the kernel has to say.</summary>
    internal void ValidateAll()
    {
        Validate();
        ArgumentOutOfRangeException.ThrowIfLessThan(DrainTimeout, TimeSpan.Zero);
        _ = PlacementPlan.Create(Placement, LoopCount, Cpus);
    }
}
