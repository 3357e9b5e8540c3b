using System.Globalization;

namespace Dispatch;

/// <summary>
/// Packages, dies, memory nodes, cores and SMT siblings, as /sys tells them; see the kernel's Documentation/admin-guide/cputopology.rst.
/// Read once, when built; immutable afterwards, for any thread. What /sys does not tell is assumed to be the plainest: one package, one node,
/// each CPU a core of its own.
/// </summary>
internal sealed class CpuTopology
{
    private const string SystemRoot = "/sys/devices/system";

    private readonly Dictionary<int, CpuLocation> locations = [];

    /// <summary>Initializes a new instance of the <see cref="CpuTopology"/> class from a folder laid out like /sys/devices/system.</summary>
    /// <param name="root">The folder. It need not exist.</param>
    public CpuTopology(string root)
    {
        Dictionary<int, int> nodes = ReadNodes(Path.Combine(root, "node"));
        Dictionary<(int Package, int Die, int Core), int> cores = [];
        foreach ((int cpu, string folder) in NumberedFolders(Path.Combine(root, "cpu"), "cpu"))
        {
            string topology = Path.Combine(folder, "topology");
            if (Directory.Exists(topology))
            {
                locations.Add(cpu, Locate(cpu, topology, nodes.GetValueOrDefault(cpu), cores));
            }
        }
    }

    /// <summary>Gets the CPUs that /sys tells of, in ascending order. Offline ones are not told.</summary>
    public IEnumerable<CpuLocation> Cpus => locations.Values;

    /// <summary>Gets where a CPU sits.</summary>
    /// <param name="cpu">A CPU number. One that /sys does not tell of is taken for a core of its own in package 0.</param>
    public CpuLocation this[int cpu] => locations.TryGetValue(cpu, out CpuLocation location) ? location : new CpuLocation(cpu, 0, 0, 0, cpu);

    /// <summary>Reads this machine's topology. Blocks while it reads; on systems without /sys it is empty.</summary>
    public static CpuTopology Read() => new(SystemRoot);

    /// <inheritdoc/>
    public override string ToString()
    {
        int packages = locations.Values.Select(l => l.Package).Distinct().Count();
        int nodes = locations.Values.Select(l => l.Node).Distinct().Count();
        int cores = locations.Values.Select(l => l.Core).Distinct().Count();
        return $"packages {packages}, memory nodes {nodes}, cores {cores}, CPUs {locations.Count}";
    }

    private static CpuLocation Locate(int cpu, string topology, int node, Dictionary<(int Package, int Die, int Core), int> cores)
    {
        // Some firmware does not number packages or dies; the kernel then says -1.
        int package = Math.Max(0, SystemText.TryReadNumber(Path.Combine(topology, "physical_package_id")) ?? 0);
        int die = Math.Max(0, SystemText.TryReadNumber(Path.Combine(topology, "die_id")) ?? 0);

        // core_cpus_list is the newer name (Linux 5.3) of thread_siblings_list.
        CpuSet? siblings = SystemText.TryReadCpus(Path.Combine(topology, "core_cpus_list"))
            ?? SystemText.TryReadCpus(Path.Combine(topology, "thread_siblings_list"));
        if (siblings is not null && siblings.Contains(cpu))
        {
            return new CpuLocation(cpu, package, node, die, siblings.First());
        }

        int core = cpu;
        if (SystemText.TryReadNumber(Path.Combine(topology, "core_id")) is >= 0 and { } number && !cores.TryAdd((package, die, number), cpu))
        {
            core = cores[(package, die, number)];
        }

        return new CpuLocation(cpu, package, node, die, core);
    }

    private static Dictionary<int, int> ReadNodes(string folder)
    {
        Dictionary<int, int> nodes = [];
        foreach ((int node, string nodeFolder) in NumberedFolders(folder, "node"))
        {
            foreach (int cpu in SystemText.TryReadCpus(Path.Combine(nodeFolder, "cpulist")) ?? CpuSet.Empty)
            {
                nodes[cpu] = node;
            }
        }

        return nodes;
    }

    // "cpu7" is a CPU; "cpufreq" and "cpuidle" lie beside it. Ascending by number: the fallback names a core by the first CPU met in it.
    private static List<(int Number, string Folder)> NumberedFolders(string folder, string prefix)
    {
        List<(int Number, string Folder)> found = [];
        if (Directory.Exists(folder))
        {
            foreach (string path in Directory.EnumerateDirectories(folder, prefix + "*"))
            {
                if (int.TryParse(Path.GetFileName(path.AsSpan())[prefix.Length..], NumberStyles.None, CultureInfo.InvariantCulture, out int number))
                {
                    found.Add((number, path));
                }
            }
        }

        found.Sort((a, b) => a.Number.CompareTo(b.Number));
        return found;
    }
}
