namespace Dispatch;

/// <summary>
/// How many loops there are and which CPU each of them is bound to: placement, mask, topology and quota brought together. Computed once, before
/// a loop starts; it applies nothing. Immutable, for any thread.
/// </summary>
internal sealed class PlacementPlan
{
    // The CPUs in the order in which loops take them; empty when loops are not bound.
    private readonly int[] order;

    // How many CPUs' worth of time the process is granted, where a quota grants less than its mask has.
    private readonly int? quota;

    private PlacementPlan(LoopPlacement placement, int loopCount, int[] order, int? quota)
    {
        Placement = placement;
        LoopCount = loopCount;
        this.order = order;
        this.quota = quota;
    }

    /// <summary>Gets the placement that was asked for.</summary>
    public LoopPlacement Placement { get; }

    /// <summary>Gets how many loops there are, at least one.</summary>
    public int LoopCount { get; }

    /// <summary>Gets a value indicating whether there are more bound loops than CPUs, so that some share one.</summary>
    public bool Wraps => order.Length > 0 && LoopCount > order.Length;

    /// <summary>Makes the plan for this process: its mask, its quota and this machine's topology.</summary>
    /// <param name="placement">The placement asked for.</param>
    /// <param name="loopCount">How many loops; null for the placement's default.</param>
    /// <param name="explicitCpus">The CPUs of <see cref="LoopPlacement.Explicit"/>; null for every other placement.</param>
    /// <exception cref="ArgumentException">See the overload that takes a topology.</exception>
    public static PlacementPlan Create(LoopPlacement placement, int? loopCount, CpuSet? explicitCpus)
    {
        // The runtime has read the container's quota already (cgroup v2 cpu.max, v1 cpu.cfs_quota_us, rounded up); its answer also honours
        // DOTNET_PROCESSOR_COUNT, by which users overrule it.
        return Create(placement, loopCount, explicitCpus, CpuSet.Process, CpuTopology.Read(), Environment.ProcessorCount);
    }

    /// <summary>Makes a plan.</summary>
    /// <param name="placement">The placement asked for.</param>
    /// <param name="loopCount">How many loops; null for the placement's default.</param>
    /// <param name="explicitCpus">The CPUs of <see cref="LoopPlacement.Explicit"/>; null for every other placement.</param>
    /// <param name="allowed">The CPUs on which the process may run.</param>
    /// <param name="topology">The machine.</param>
    /// <param name="processorLimit">How many CPUs' worth of time the process is granted: its CPU quota, rounded up.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such placement, or fewer than one loop was asked for.</exception>
    /// <exception cref="ArgumentException">
    /// CPUs are given to a placement that takes none, or not given to the one that does, or some are outside the mask; the message names them.
    /// </exception>
    public static PlacementPlan Create(LoopPlacement placement, int? loopCount, CpuSet? explicitCpus, CpuSet allowed, CpuTopology topology, int processorLimit)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(processorLimit, 1);
        ArgumentOutOfRangeException.ThrowIfZero(allowed.Count, nameof(allowed));
        if (loopCount < 1)
        {
            throw new ArgumentOutOfRangeException(nameof(loopCount), loopCount, "A dispatcher has at least one loop; leave the number out for one a CPU.");
        }

        int? quota = processorLimit < allowed.Count ? processorLimit : null;
        if (placement == LoopPlacement.Explicit)
        {
            int[] cpus = [.. CheckExplicit(explicitCpus, allowed)];
            return new PlacementPlan(placement, loopCount ?? cpus.Length, cpus, quota);
        }

        if (explicitCpus is not null)
        {
            throw new ArgumentException($"CPUs ({explicitCpus}) are given, and the placement is {placement}: only {nameof(LoopPlacement.Explicit)} takes CPUs.", nameof(explicitCpus));
        }

        int[] order = placement switch
        {
            LoopPlacement.Unbound => [],
            LoopPlacement.Spread => PlacementOrder.Spread(allowed, topology),
            LoopPlacement.Pack => PlacementOrder.Pack(allowed, topology),
            _ => throw new ArgumentOutOfRangeException(nameof(placement), placement, "There is no such placement."),
        };
        return new PlacementPlan(placement, loopCount ?? quota ?? allowed.Count, order, quota);
    }

    /// <summary>Tells the CPU of a loop.</summary>
    /// <param name="loop">The loop's index, from 0.</param>
    /// <returns>The CPU to bind it to, or null when it is not bound. With more loops than CPUs, the order starts over.</returns>
    public int? CpuOf(int loop)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(loop);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(loop, LoopCount);
        return order.Length == 0 ? null : order[loop % order.Length];
    }

    /// <summary>Says the plan in one line, for the startup report, with whatever in it costs speed.</summary>
    public override string ToString()
    {
        string where = order.Length == 0 ? "not bound" : $"on {Noun(Math.Min(LoopCount, order.Length), "CPU")} {string.Join(',', order.Take(LoopCount))}";
        string text = $"{Placement}: {LoopCount} {Noun(LoopCount, "loop")} {where}";
        if (Wraps)
        {
            text += "; there are more loops than CPUs, so loops share them";
        }

        if (LoopCount > quota)
        {
            text += $"; a quota grants the process the time of {quota} {Noun(quota.Value, "CPU")}, less than its loops can use";
        }

        return text;
    }

    private static string Noun(int count, string singular) => count == 1 ? singular : singular + "s";

    private static CpuSet CheckExplicit(CpuSet? cpus, CpuSet allowed)
    {
        if (cpus is null || cpus.Count == 0)
        {
            throw new ArgumentException($"{nameof(LoopPlacement.Explicit)} placement needs at least one CPU; the process may run on {allowed}.", nameof(cpus));
        }

        CpuSet outside = cpus.Except(allowed);
        if (outside.Count > 0)
        {
            throw new ArgumentException(
                $"This process may not run on CPU {outside}: its mask is {allowed}. Choose CPUs of the mask, or widen it (taskset, systemd's CPUAffinity=, a container's --cpuset-cpus).",
                nameof(cpus));
        }

        return cpus;
    }
}
