namespace Dispatch.Tests;

/// <summary><see cref="CpuTopology"/> on machines made of files, and on this one.</summary>
public sealed class CpuTopologyTests
{
    [Fact]
    public void Packages_nodes_cores_and_siblings_are_read()
    {
        using var machine = FakeMachine.TwoPackagesWithSiblings();

        CpuTopology topology = machine.Read();

        Assert.Equal(new CpuLocation(0, 0, 0, 0, 0), topology[0]);
        Assert.Equal(new CpuLocation(4, 0, 0, 0, 0), topology[4]);
        Assert.Equal(new CpuLocation(2, 1, 1, 0, 2), topology[2]);
        Assert.Equal(new CpuLocation(7, 1, 1, 0, 3), topology[7]);
        Assert.Equal(Enumerable.Range(0, 8), topology.Cpus.Select(l => l.Cpu));
        Assert.Equal("packages 2, memory nodes 2, cores 4, CPUs 8", topology.ToString());
    }

    [Fact]
    public void Siblings_are_read_from_the_file_of_older_kernels_too()
    {
        using var machine = new FakeMachine();
        machine.AddCpu(0, siblings: "0,9", siblingsFile: "thread_siblings_list");
        machine.AddCpu(9, siblings: "0,9", siblingsFile: "thread_siblings_list");

        Assert.Equal(0, machine.Read()[9].Core);
    }

    [Fact]
    public void Without_a_list_of_siblings_core_numbers_tell_them_package_by_package_and_die_by_die()
    {
        using var machine = new FakeMachine();
        machine.AddCpu(0, package: 0, die: 0, coreId: 0);
        machine.AddCpu(1, package: 0, die: 1, coreId: 0);
        machine.AddCpu(2, package: 1, die: 0, coreId: 0);
        machine.AddCpu(10, package: 1, die: 0, coreId: 0);

        CpuTopology topology = machine.Read();

        Assert.Equal([0, 1, 2, 2], topology.Cpus.Select(l => l.Core));
        Assert.Equal(1, topology[1].Die);
    }

    [Fact]
    public void A_core_number_that_firmware_did_not_give_joins_no_cpus()
    {
        using var machine = new FakeMachine();
        machine.AddCpu(0, package: -1, die: -1, coreId: -1);
        machine.AddCpu(1, package: -1, die: -1, coreId: -1);

        Assert.Equal([new CpuLocation(0, 0, 0, 0, 0), new CpuLocation(1, 0, 0, 0, 1)], machine.Read().Cpus);
    }

    [Fact]
    public void Missing_files_leave_each_cpu_a_core_of_its_own()
    {
        using var machine = new FakeMachine();
        machine.AddCpu(0);
        machine.AddCpu(1, siblings: "not a list");

        Assert.Equal([new CpuLocation(0, 0, 0, 0, 0), new CpuLocation(1, 0, 0, 0, 1)], machine.Read().Cpus);
    }

    [Fact]
    public void A_machine_that_hides_everything_has_cpus_in_package_0()
    {
        var topology = new CpuTopology("/there/is/no/such/folder");

        Assert.Empty(topology.Cpus);
        Assert.Equal(new CpuLocation(5, 0, 0, 0, 5), topology[5]);
    }

    [Fact]
    public void Offline_cpus_and_folders_that_are_no_cpus_are_passed_over()
    {
        using var machine = new FakeMachine();
        machine.AddCpu(0, package: 0);
        machine.AddFolder("cpu", "cpu1");
        machine.AddFolder("cpu", "cpufreq", "topology");
        machine.AddFolder("cpu", "cpuidle");
        machine.AddFolder("node", "node");

        Assert.Equal([0], machine.Read().Cpus.Select(l => l.Cpu));
    }

    [Fact]
    public void This_machines_online_cpus_are_all_told()
    {
        Assert.Equal(CpuSet.Online, CpuTopology.Read().Cpus.Select(l => l.Cpu));
    }
}
