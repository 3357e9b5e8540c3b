using CsCheck;

namespace Dispatch.Tests;

/// <summary><see cref="PlacementPlan"/> and <see cref="PlacementOrder"/>.</summary>
public sealed class PlacementPlanTests
{
    private static readonly CpuTopology Flat = new("/there/is/no/such/folder");

    [Fact]
    public void Spread_takes_packages_in_turn_and_siblings_last()
    {
        using var machine = FakeMachine.TwoPackagesWithSiblings();

        int[] order = PlacementOrder.Spread(CpuSet.Parse("0-7"), machine.Read());

        Assert.Equal([0, 2, 1, 3, 4, 6, 5, 7], order);
    }

    [Fact]
    public void Spread_takes_memory_nodes_and_dies_of_a_package_in_turn()
    {
        using var machine = new FakeMachine();
        for (int cpu = 0; cpu < 8; cpu++)
        {
            machine.AddCpu(cpu, package: 0, die: cpu / 2, coreId: cpu, siblings: $"{cpu}");
        }

        machine.AddNode(0, "0-3");
        machine.AddNode(1, "4-7");

        int[] order = PlacementOrder.Spread(CpuSet.Parse("0-7"), machine.Read());

        Assert.Equal([0, 4, 2, 6, 1, 5, 3, 7], order);
    }

    [Fact]
    public void Spread_counts_siblings_within_the_mask_only()
    {
        using var machine = FakeMachine.TwoPackagesWithSiblings();

        int[] order = PlacementOrder.Spread(CpuSet.Parse("3-5"), machine.Read());

        Assert.Equal([4, 3, 5], order);
    }

    [Fact]
    public void Spread_takes_a_sibling_only_when_no_core_of_any_package_is_free()
    {
        using var machine = FakeMachine.TwoPackagesWithSiblings();

        int[] order = PlacementOrder.Spread(CpuSet.Parse("0,2-4"), machine.Read());

        Assert.Equal([0, 2, 3, 4], order);
    }

    [Fact]
    public void Pack_fills_a_core_before_the_next_and_a_package_before_the_next()
    {
        using var machine = FakeMachine.TwoPackagesWithSiblings();

        int[] order = PlacementOrder.Pack(CpuSet.Parse("0-7"), machine.Read());

        Assert.Equal([0, 4, 1, 5, 2, 6, 3, 7], order);
    }

    [Fact]
    public void Pack_starts_where_the_mask_leaves_the_most()
    {
        using var machine = FakeMachine.TwoPackagesWithSiblings();

        int[] order = PlacementOrder.Pack(CpuSet.Parse("0,2,3,7"), machine.Read());

        Assert.Equal([3, 7, 2, 0], order);
    }

    [Fact]
    public void Every_order_holds_each_cpu_of_the_mask_once()
    {
        using var machine = FakeMachine.TwoPackagesWithSiblings();
        CpuTopology topology = machine.Read();

        // Up to CPU 11: the machine's files tell nothing of the last four.
        Gen.Int[0, 11].Array[1, 12].Sample(numbers =>
        {
            CpuSet mask = CpuSet.Create(numbers);

            Assert.Equal(mask, PlacementOrder.Spread(mask, topology).Order());
            Assert.Equal(mask, PlacementOrder.Pack(mask, topology).Order());
        });
    }

    [Theory]
    [InlineData(LoopPlacement.Unbound)]
    [InlineData(LoopPlacement.Spread)]
    [InlineData(LoopPlacement.Pack)]
    public void By_default_there_is_a_loop_for_each_cpu_of_the_mask(LoopPlacement placement)
    {
        Assert.Equal(3, Plan(placement, mask: "0,5,9").LoopCount);
    }

    [Theory]
    [InlineData(LoopPlacement.Unbound)]
    [InlineData(LoopPlacement.Spread)]
    [InlineData(LoopPlacement.Pack)]
    public void A_smaller_quota_means_fewer_loops(LoopPlacement placement)
    {
        Assert.Equal(2, Plan(placement, mask: "0-7", limit: 2).LoopCount);
    }

    [Fact]
    public void More_loops_than_the_quota_grants_are_made_when_asked_for_and_told()
    {
        PlacementPlan plan = Plan(LoopPlacement.Spread, count: 3, mask: "0-7", limit: 2);

        Assert.Equal(3, plan.LoopCount);
        Assert.Equal("Spread: 3 loops on CPUs 0,1,2; a quota grants the process the time of 2 CPUs, less than its loops can use", plan.ToString());
    }

    [Fact]
    public void A_mask_no_larger_than_the_processor_count_is_no_quota()
    {
        PlacementPlan plan = Plan(LoopPlacement.Unbound, count: 3, mask: "0-1", limit: 2);

        Assert.Equal("Unbound: 3 loops not bound", plan.ToString());
        Assert.Equal("Pack: 1 loop on CPU 7", Plan(LoopPlacement.Pack, mask: "7", limit: 1).ToString());
    }

    [Fact]
    public void Unbound_loops_have_no_cpu()
    {
        PlacementPlan plan = Plan(LoopPlacement.Unbound, count: 4, mask: "0-1", limit: 8);

        Assert.Null(plan.CpuOf(0));
        Assert.Null(plan.CpuOf(3));
        Assert.False(plan.Wraps);
        Assert.Equal("Unbound: 4 loops not bound", plan.ToString());
    }

    [Fact]
    public void More_bound_loops_than_cpus_start_over_and_say_so()
    {
        PlacementPlan plan = Plan(LoopPlacement.Pack, count: 5, mask: "4,6");

        Assert.Equal([4, 6, 4, 6, 4], Enumerable.Range(0, 5).Select(plan.CpuOf));
        Assert.True(plan.Wraps);
        Assert.Contains("more loops than CPUs", plan.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void As_many_bound_loops_as_cpus_do_not_start_over()
    {
        PlacementPlan plan = Plan(LoopPlacement.Pack, count: 2, mask: "4,6");

        Assert.False(plan.Wraps);
        Assert.Equal("Pack: 2 loops on CPUs 4,6", plan.ToString());
        Assert.Throws<ArgumentOutOfRangeException>(() => plan.CpuOf(2));
        Assert.Throws<ArgumentOutOfRangeException>(() => plan.CpuOf(-1));
    }

    [Fact]
    public void Explicit_cpus_get_a_loop_each_whatever_the_quota()
    {
        PlacementPlan plan = Plan(LoopPlacement.Explicit, cpus: "6,1,3", mask: "0-7", limit: 1);

        Assert.Equal([1, 3, 6], Enumerable.Range(0, plan.LoopCount).Select(plan.CpuOf));
        Assert.Contains("the time of 1 CPU,", plan.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Explicit_cpus_outside_the_mask_are_refused_by_number()
    {
        var error = Assert.Throws<ArgumentException>(() => Plan(LoopPlacement.Explicit, cpus: "1-5", mask: "0-2"));

        Assert.Contains("may not run on CPU 3-5: its mask is 0-2.", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    public void Explicit_placement_without_cpus_is_refused(string? cpus)
    {
        var error = Assert.Throws<ArgumentException>(() => Plan(LoopPlacement.Explicit, cpus: cpus));

        Assert.Contains("needs at least one CPU", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(LoopPlacement.Unbound)]
    [InlineData(LoopPlacement.Spread)]
    [InlineData(LoopPlacement.Pack)]
    public void Cpus_given_to_a_placement_that_takes_none_are_refused(LoopPlacement placement)
    {
        var error = Assert.Throws<ArgumentException>(() => Plan(placement, cpus: "1"));

        Assert.Contains($"the placement is {placement}: only Explicit takes CPUs", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-3)]
    public void Fewer_than_one_loop_is_refused(int count)
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Plan(LoopPlacement.Unbound, count: count));
    }

    [Fact]
    public void A_placement_that_does_not_exist_is_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Plan((LoopPlacement)9));
    }

    [Fact]
    public void The_plan_of_this_process_stays_within_its_mask_and_its_processor_count()
    {
        PlacementPlan plan = PlacementPlan.Create(LoopPlacement.Spread, null, null);

        Assert.InRange(plan.LoopCount, 1, Environment.ProcessorCount);
        Assert.All(Enumerable.Range(0, plan.LoopCount), loop => Assert.True(CpuSet.Process.Contains(plan.CpuOf(loop)!.Value)));
        Assert.False(plan.Wraps);
    }

    private static PlacementPlan Plan(LoopPlacement placement, int? count = null, string? cpus = null, string mask = "0-3", int limit = 64) =>
        PlacementPlan.Create(placement, count, cpus is null ? null : CpuSet.Parse(cpus), CpuSet.Parse(mask), Flat, limit);
}
