using System.Text.RegularExpressions;

namespace Dispatch.Examples.Tests;

/// <summary>The server on the simulated kernel.</summary>
public sealed partial class SimulatedServerTests
{
    [Fact]
    public void A_correct_server_passes_every_seed()
    {
        ExampleResult result = ExampleProcess.Run("SimulatedServer", "--seeds", "500");

        Assert.Equal(0, result.ExitCode);
        Assert.Contains("Every client got its answers", result.Output, StringComparison.Ordinal);
        Assert.Empty(result.Error);
    }

    [Fact]
    public void A_planted_bug_is_found_and_its_seed_finds_it_again()
    {
        ExampleResult first = ExampleProcess.Run("SimulatedServer", "--planted-bug", "--seeds", "500", "--seed", "7");

        Assert.Equal(1, first.ExitCode);
        Assert.Contains("while it was lent to the kernel", first.Output, StringComparison.Ordinal);
        Assert.Contains("The last events:", first.Output, StringComparison.Ordinal);
        string seed = SeedOf().Match(first.Output).Groups[1].Value;
        ExampleResult again = ExampleProcess.Run("SimulatedServer", "--planted-bug", "--seeds", "1", "--seed", seed);
        Assert.Equal(1, again.ExitCode);
        Assert.Equal(first.Output, again.Output);
    }

    [GeneratedRegex("Seed ([0-9]+) failed")]
    private static partial Regex SeedOf();
}
