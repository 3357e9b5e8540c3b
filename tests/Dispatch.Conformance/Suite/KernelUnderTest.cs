namespace Dispatch.Conformance;

/// <summary>One kernel that the suite runs on: how a scenario is run there, and what cannot be, with the reason.</summary>
internal abstract class KernelUnderTest
{
    public abstract string Name { get; }

    public static KernelUnderTest Get(TestedKernel kernel) => kernel switch
    {
        TestedKernel.IoUring => SystemKernel.IoUring,
        TestedKernel.LinuxAio => SystemKernel.LinuxAio,
        TestedKernel.Simulated => SimulatedUnderTest.Instance,
        _ => throw new ArgumentOutOfRangeException(nameof(kernel), kernel, null),
    };

    /// <summary>Says why a kernel has no such thing, or null when it has.</summary>
    public abstract string? WhyNot(Capability capability);

    /// <summary>Runs a scenario: once, or once a seed. Whatever it throws comes out, with the seed where there is one.</summary>
    public abstract void Run(Scenario scenario);
}
