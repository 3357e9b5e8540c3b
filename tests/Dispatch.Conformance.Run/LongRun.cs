using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Runtime.ExceptionServices;
using Dispatch.Testing;

namespace Dispatch.Conformance;

/// <summary>Goes through the suite's scenarios, round after round with new seeds.</summary>
internal sealed class LongRun(LongRunOptions options, TextWriter output)
{
    private readonly CoverageTable coverage = new();
    private readonly Stopwatch clock = Stopwatch.StartNew();
    private long seeds;
    private long requests;
    private int failures;

    public int Run()
    {
        MethodInfo[] scenarios = [.. ConformanceSuite.Tests
            .Where(m => m.GetCustomAttribute<EveryKernelAttribute>()!.SkipOn(TestedKernel.Simulated) is null)
            .Where(m => $"{m.DeclaringType!.Name}.{m.Name}".Contains(options.Only, StringComparison.OrdinalIgnoreCase))
            .OrderBy(m => m.DeclaringType!.FullName, StringComparer.Ordinal).ThenBy(m => m.Name, StringComparer.Ordinal)];
        if (scenarios.Length == 0)
        {
            output.WriteLine("No scenario has such a name.");
            return 2;
        }

        HashSet<MethodInfo> failed = [];
        long first = options.First;
        do
        {
            SeedPlan.Current = new SeedPlan { Count = options.Seeds, First = first, Done = Count };
            foreach (MethodInfo scenario in scenarios.Where(s => !failed.Contains(s)))
            {
                if (!TryRun(scenario))
                {
                    failed.Add(scenario);
                }
            }

            first += options.Seeds;
        }
        while (clock.Elapsed.TotalMinutes < options.Minutes && failed.Count != scenarios.Length);

        coverage.Write(output);
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{scenarios.Length} scenarios, seeds {options.First} to {first - 1} of each: {seeds:n0} runs, {requests:n0} requests in {clock.Elapsed.TotalSeconds:n0} s ({requests / clock.Elapsed.TotalSeconds:n0} a second). {failures} failed."));
        return failures == 0 ? 0 : 1;
    }

    private bool TryRun(MethodInfo scenario)
    {
        TimeSpan start = clock.Elapsed;
        long before = seeds;
        try
        {
            object test = Activator.CreateInstance(scenario.DeclaringType!)!;
            try
            {
                scenario.Invoke(test, [TestedKernel.Simulated]);
            }
            catch (TargetInvocationException e)
            {
                ExceptionDispatchInfo.Throw(e.InnerException!);
            }

            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{(clock.Elapsed - start).TotalSeconds,7:0.0} s {seeds - before,8} runs  {scenario.DeclaringType!.Name}.{scenario.Name}"));
            return true;
        }
        catch (Exception e)
        {
            failures++;
            output.WriteLine($"FAILED: {scenario.DeclaringType!.Name}.{scenario.Name}\n{e}");
            return false;
        }
    }

    private void Count(Scenario scenario, SimulationReport report)
    {
        seeds += report.Seeds;
        requests += report.Requests;
        coverage.Add(report);
    }
}
