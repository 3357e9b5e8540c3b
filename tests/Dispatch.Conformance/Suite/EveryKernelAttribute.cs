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

    /// <summary>Says why a test cannot run on a kernel, or null when it can.</summary>
    public string? SkipOn(TestedKernel kernel)
    {
        KernelUnderTest under = KernelUnderTest.Get(kernel);
        return Needs.Select(under.WhyNot).FirstOrDefault(r => r is not null) is { } reason ? $"{kernel}: {reason}" : null;
    }

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
