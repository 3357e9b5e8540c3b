namespace Dispatch;

/// <summary>
/// On which CPUs a dispatcher's loops run. Binding a loop keeps its data in one core's caches, and takes from the scheduler the freedom to
/// move it off a busy CPU: measure before choosing, on the machine that will serve.
/// </summary>
/// <remarks>
/// Every placement but <see cref="Explicit"/> stays within the process's affinity mask (<see cref="CpuSet.Process"/>), and by default makes
/// one loop for each CPU of it, or as many as a container's CPU quota grants where that is less.
/// </remarks>
public enum LoopPlacement
{
    /// <summary>The loops are not bound: the scheduler moves them as it likes, within the process's mask.</summary>
    Unbound,

    /// <summary>
    /// One CPU a loop, as far apart as the machine allows: packages in turn, in them memory nodes and dies in turn, each loop on a core of its
    /// own, and SMT siblings only when no core is free. For loops that each want a cache and a memory channel to themselves.
    /// </summary>
    Spread,

    /// <summary>
    /// One CPU a loop, as close together as the machine allows: a core with its SMT siblings is filled before the next, and a package
    /// before the next. For loops that share data, or to leave the rest of the machine to others.
    /// </summary>
    Pack,

    /// <summary>
    /// One CPU a loop, from a <see cref="CpuSet"/> that you give, in ascending order. Each CPU has to be in the process's mask. By default one
    /// loop for each CPU of the set, whatever the quota.
    /// </summary>
    Explicit,
}
