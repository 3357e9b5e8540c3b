using System.Reflection;

namespace Dispatch.Conformance;

/// <summary>The suite is whole: every factory and every scenario has a test, and what is skipped is what is known to be.</summary>
public sealed class CoverageTests
{
    [Fact]
    public void Every_factory_of_a_request_has_a_test()
    {
        CoversAttribute[] covered = [.. ConformanceSuite.Tests.SelectMany(m => m.GetCustomAttributes<CoversAttribute>())];
        MethodInfo[] factories = [.. typeof(IoRequest).GetMethods(BindingFlags.Public | BindingFlags.Static).Where(m => m.ReturnType == typeof(IoRequest))];
        string[] missing = [.. factories.Where(f => !Array.Exists(covered, c => Names(c, f, factories))).Select(f => f.ToString()!)];

        Assert.NotEmpty(factories);
        Assert.Empty(missing);
        Assert.All(covered, c => Assert.Single(factories, f => Names(c, f, factories)));
    }

    [Fact]
    public void Every_scenario_has_a_test()
    {
        string[] tested = [.. ConformanceSuite.Tests.SelectMany(m => m.GetCustomAttributes<ScenarioAttribute>()).Select(s => s.Name)];

        Assert.Empty(Scenarios.All.Except(tested));
        Assert.Empty(tested.Except(Scenarios.All));
    }

    [Fact]
    public void Every_test_of_the_suite_runs_on_every_kernel()
    {
        MethodInfo[] tests = [.. typeof(CoverageTests).Assembly.GetTypes()
            .Where(t => t.IsSubclassOf(typeof(KernelTests)))
            .SelectMany(t => t.GetMethods(BindingFlags.Instance | BindingFlags.Public | BindingFlags.DeclaredOnly))];

        Assert.NotEmpty(tests);
        Assert.All(tests, m => Assert.True(m.GetCustomAttribute<EveryKernelAttribute>() is not null && m.GetCustomAttribute<TheoryAttribute>() is { Skip: null }, m.Name));
    }

    [Fact]
    public void What_is_skipped_is_what_is_known_to_be()
    {
        SortedSet<string> skipped = new(StringComparer.Ordinal);
        foreach (TestedKernel kernel in Enum.GetValues<TestedKernel>())
        {
            skipped.UnionWith(ConformanceSuite.Tests
                .Select(m => (Name: $"{m.DeclaringType!.Name}.{m.Name}", Lacks: m.GetCustomAttribute<EveryKernelAttribute>()!.LacksOn(kernel)))
                .Where(t => t.Lacks is not null)
                .Select(t => $"{kernel}, {t.Lacks}: {t.Name}"));
        }

        foreach (string line in skipped)
        {
            TestContext.Current.TestOutputHelper?.WriteLine(line);
        }

        Assert.Equal(KnownSkips.All.Order(StringComparer.Ordinal), skipped);
    }

    private static bool Names(CoversAttribute covered, MethodInfo factory, MethodInfo[] all) =>
        factory.Name == covered.Factory
        && (all.Count(f => f.Name == factory.Name) == 1
            ? covered.Overload is null
            : covered.Overload is { } type && Array.Exists(factory.GetParameters(), p => p.ParameterType == type));
}
