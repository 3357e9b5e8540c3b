namespace Dispatch.Tests;

/// <summary>A folder laid out like /sys/devices/system, of a machine that the test describes; gone when disposed.</summary>
internal sealed class FakeMachine : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("dispatch-machine-");

    public string Root => folder.FullName;

    /// <summary>Two packages of two cores of two SMT siblings, each package a memory node, numbered as Linux does on such servers: siblings last.</summary>
    public static FakeMachine TwoPackagesWithSiblings()
    {
        var machine = new FakeMachine();
        for (int cpu = 0; cpu < 8; cpu++)
        {
            int core = cpu % 4;
            machine.AddCpu(cpu, package: core / 2, coreId: core % 2, siblings: $"{core},{core + 4}");
        }

        machine.AddNode(0, "0-1,4-5");
        machine.AddNode(1, "2-3,6-7");
        return machine;
    }

    public CpuTopology Read() => new(Root);

    public void AddCpu(int cpu, int? package = null, int? die = null, int? coreId = null, string? siblings = null, string siblingsFile = "core_cpus_list")
    {
        string topology = Path.Combine(Root, "cpu", $"cpu{cpu}", "topology");
        Directory.CreateDirectory(topology);
        Write(topology, "physical_package_id", package);
        Write(topology, "die_id", die);
        Write(topology, "core_id", coreId);
        Write(topology, siblingsFile, siblings);
    }

    public void AddNode(int node, string cpus)
    {
        string nodeFolder = Path.Combine(Root, "node", $"node{node}");
        Directory.CreateDirectory(nodeFolder);
        Write(nodeFolder, "cpulist", cpus);
    }

    public void AddFolder(params string[] parts) => Directory.CreateDirectory(Path.Combine([Root, .. parts]));

    public void Dispose() => folder.Delete(recursive: true);

    private static void Write(string folder, string file, object? value)
    {
        if (value is not null)
        {
            File.WriteAllText(Path.Combine(folder, file), $"{value}\n");
        }
    }
}
