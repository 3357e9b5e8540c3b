using System.Reflection;
using Xunit.Sdk;
using Xunit.v3;

namespace Dispatch.Conformance;

/// <summary>
/// Runs a theory once a kernel. Where the kernel lacks what the test needs, that run is skipped, with the kernel's name and its reason: the only way in which a test of
/// this suite is skipped.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class EveryKernelAttribute(params Capability[] needs) : DataAttribute
{
    public IReadOnlyList<Capability> Needs { get; } = needs;

    /// <summary>Says what a test needs and a kernel lacks, or null when it can run there.</summary>
    public Capability? LacksOn(TestedKernel kernel)
    {
        KernelUnderTest under = KernelUnderTest.Get(kernel);
        return Needs.Where(c => under.WhyNot(c) is not null).Cast<Capability?>().FirstOrDefault();
    }

    /// <summary>Says why a test cannot run on a kernel, or null when it can.</summary>
    public string? SkipOn(TestedKernel kernel) => LacksOn(kernel) is { } lacks ? $"{kernel} has no {lacks}: {KernelUnderTest.Get(kernel).WhyNot(lacks)}" : null;

    /// <inheritdoc/>
    public override ValueTask<IReadOnlyCollection<ITheoryDataRow>> GetData(MethodInfo testMethod, DisposalTracker disposalTracker)
    {
        List<ITheoryDataRow> rows = [];
        foreach (TestedKernel kernel in Enum.GetValues<TestedKernel>())
        {
            TheoryDataRow<TestedKernel> row = new(kernel) { Skip = SkipOn(kernel) };
            row.Traits.Add("Kernel", [kernel.ToString()]);
            rows.Add(row);
        }

        return ValueTask.FromResult<IReadOnlyCollection<ITheoryDataRow>>(rows);
    }

    /// <inheritdoc/>
    public override bool SupportsDiscoveryEnumeration() => true;
}
