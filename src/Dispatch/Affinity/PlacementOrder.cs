namespace Dispatch;

/// <summary>
/// In which order bound loops take CPUs. The machine is a tree: packages, in them memory nodes, dies, cores, and in those the CPUs that are SMT
/// siblings. Packing walks it branch by branch; spreading deals from all branches in turn.
/// </summary>
internal static class PlacementOrder
{
    // From the trunk to the twigs.
    private static readonly Func<CpuLocation, int>[] Levels = [l => l.Package, l => l.Node, l => l.Die, l => l.Core];

    /// <summary>Orders CPUs so that every prefix of the order is far apart.</summary>
    public static int[] Spread(CpuSet allowed, CpuTopology topology)
    {
        // First the first CPU of every core, then the second of every core that has one, and so on: siblings come last.
        List<List<CpuLocation>> bySibling = [];
        foreach (IGrouping<int, CpuLocation> core in Locate(allowed, topology).GroupBy(l => l.Core))
        {
            int rank = 0;
            foreach (CpuLocation cpu in core)
            {
                if (rank == bySibling.Count)
                {
                    bySibling.Add([]);
                }

                bySibling[rank].Add(cpu);
                rank++;
            }
        }

        return [.. bySibling.SelectMany(cpus => Deal(cpus, 0)).Select(l => l.Cpu)];
    }

    /// <summary>
    /// Orders CPUs so that every prefix of the order is close together. The branch with the most CPUs comes first, so that it takes as few
    /// branches as possible: a mask may hold one CPU of the first package and eight of the second.
    /// </summary>
    public static int[] Pack(CpuSet allowed, CpuTopology topology) => [.. Fill(Locate(allowed, topology), 0).Select(l => l.Cpu)];

    private static IEnumerable<CpuLocation> Locate(CpuSet allowed, CpuTopology topology) => allowed.Select(cpu => topology[cpu]);

    private static IEnumerable<CpuLocation> Fill(IEnumerable<CpuLocation> cpus, int level)
    {
        if (level == Levels.Length)
        {
            return cpus;
        }

        return cpus.GroupBy(Levels[level])
            .OrderByDescending(branch => branch.Count())
            .ThenBy(branch => branch.Key)
            .SelectMany(branch => Fill(branch, level + 1));
    }

    private static IEnumerable<CpuLocation> Deal(IEnumerable<CpuLocation> cpus, int level)
    {
        if (level == Levels.Length)
        {
            return cpus;
        }

        List<Queue<CpuLocation>> branches =
            [.. cpus.GroupBy(Levels[level]).OrderBy(branch => branch.Key).Select(branch => new Queue<CpuLocation>(Deal(branch, level + 1)))];
        List<CpuLocation> dealt = [];
        while (branches.Count > 0)
        {
            foreach (Queue<CpuLocation> branch in branches)
            {
                dealt.Add(branch.Dequeue());
            }

            branches.RemoveAll(branch => branch.Count == 0);
        }

        return dealt;
    }
}
