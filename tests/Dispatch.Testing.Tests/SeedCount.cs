using System.Globalization;

namespace Dispatch.Testing.Tests;

/// <summary>How many seeds a scenario is run with: DISPATCH_SEEDS in the environment, or 1,000.</summary>
internal static class SeedCount
{
    /// <summary>Gets the number.</summary>
    public static int Value { get; } = int.TryParse(Environment.GetEnvironmentVariable("DISPATCH_SEEDS"), CultureInfo.InvariantCulture, out int count) ? Math.Max(4, count) : 1000;
}
