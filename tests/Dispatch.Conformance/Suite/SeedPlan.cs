using Dispatch.Testing;

namespace Dispatch.Conformance;

/// <summary>On how many seeds each scenario is simulated, which ones, and what they met. A test run takes the same seeds every time.</summary>
internal sealed class SeedPlan
{
    /// <summary>What a test run has time for.</summary>
    public const int Usual = 1000;

    /// <summary>Gets or sets the plan of this process.</summary>
    public static SeedPlan Current { get; set; } = new();

    /// <summary>Gets the number of seeds of a scenario.</summary>
    public int Count { get; init; } = int.TryParse(Environment.GetEnvironmentVariable("DISPATCH_SEEDS"), out int count) ? count : Usual;

    /// <summary>Gets the first seed.</summary>
    public long First { get; init; } = 1;

    /// <summary>Gets what is told of every series of seeds that was run.</summary>
    public Action<Scenario, SimulationReport>? Done { get; init; }
}
