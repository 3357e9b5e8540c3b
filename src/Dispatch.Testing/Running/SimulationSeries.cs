using System.Globalization;

namespace Dispatch.Testing;

/// <summary>Runs seeds, and makes a failing one smaller: the same seed again with kinds of faults left out, and then single faults, as long as it still fails.</summary>
internal static class SimulationSeries
{
    private const int MostSingleFaults = 6;

    /// <summary>Runs one seed.</summary>
    public static SimulationReport RunOne(long seed, Func<SimulatedKernel, Task> scenario, SimulationOptions options)
    {
        Totals totals = new(options);
        RunSeed(seed, scenario, options, totals);
        return totals.ToReport();
    }

    /// <summary>Runs many, up to the first that fails.</summary>
    public static SimulationReport RunMany(int count, Func<SimulatedKernel, Task> scenario, SimulationOptions options, long firstSeed)
    {
        Totals totals = new(options);
        for (long i = 0; i < count; i++)
        {
            RunSeed(firstSeed + i, scenario, options, totals);
        }

        return totals.ToReport();
    }

    private static void RunSeed(long seed, Func<SimulatedKernel, Task> scenario, SimulationOptions options, Totals totals)
    {
        (Exception? failure, SimulatedKernel kernel) = Try(seed, scenario, options, FaultMask.Nothing, totals.Tally, totals.Store);
        totals.Add(kernel);
        if (failure is null)
        {
            return;
        }

        string trace = kernel.Trace.Format();
        Shrinker shrinker = new(seed, scenario, options, totals.Store);
        shrinker.Run();
        throw new SimulationException(seed, failure, trace, shrinker.Kinds, shrinker.Events, shrinker.Replays);
    }

    private static (Exception? Failure, SimulatedKernel Kernel) Try(long seed, Func<SimulatedKernel, Task> scenario, SimulationOptions options, FaultMask mask, SimulationTally tally, SimulationStore store)
    {
        store.Faults.Clear();
        SimulatedKernel kernel = new(seed, options, mask, tally, store);
        try
        {
            kernel.Runner.Run(scenario);
            return (null, kernel);
        }
        catch (Exception e)
        {
            return (kernel.Runner.Failure ?? e, kernel);
        }
    }

    /// <summary>Looks for fewer faults with which a seed still fails. Deterministic, and bounded by the options' number of replays.</summary>
    private sealed class Shrinker(long seed, Func<SimulatedKernel, Task> scenario, SimulationOptions options, SimulationStore store)
    {
        private FaultMask mask = FaultMask.Nothing;
        private List<(int Number, FaultKind Kind)> needed = [.. store.Faults];

        public int Replays { get; private set; }

        public IReadOnlyList<FaultKind> Kinds => Replays == 0 ? [] : [.. needed.Select(f => f.Kind).Distinct().Order()];

        public IReadOnlyList<string> Events => needed.Count is 0 or > MostSingleFaults || Replays == 0
            ? []
            : [.. needed.Select(f => string.Create(CultureInfo.InvariantCulture, $"{f.Kind} (fault {f.Number})"))];

        public void Run()
        {
            foreach (FaultKind kind in needed.Select(f => f.Kind).Distinct().OrderDescending().ToArray())
            {
                if (StillFails(mask.And(kind), out List<(int Number, FaultKind Kind)> faults))
                {
                    mask = mask.And(kind);
                    needed = faults;
                }
            }

            // Then single ones: halves, quarters, and so on are left out for as long as it fails without them.
            for (int part = (needed.Count + 1) / 2; part >= 1 && Replays < options.ShrinkRuns; part = part == 1 ? 0 : (part + 1) / 2)
            {
                for (int start = 0; start < needed.Count;)
                {
                    List<(int Number, FaultKind Kind)> rest = [.. needed.Take(start), .. needed.Skip(start + part)];
                    if (StillFails(mask.Only(rest.Select(f => f.Number)), out List<(int Number, FaultKind Kind)> faults))
                    {
                        needed = faults;
                    }
                    else
                    {
                        start += part;
                    }
                }
            }
        }

        private bool StillFails(FaultMask candidate, out List<(int Number, FaultKind Kind)> faults)
        {
            faults = needed;
            if (Replays >= options.ShrinkRuns)
            {
                return false;
            }

            Replays++;
            (Exception? failure, _) = Try(seed, scenario, options, candidate, new SimulationTally(), store);
            if (failure is not null)
            {
                faults = [.. store.Faults];
            }

            return failure is not null;
        }
    }

    private sealed class Totals(SimulationOptions options)
    {
        private long seeds;
        private long steps;
        private long begun;
        private long completed;
        private long time;
        private ulong hash = 14695981039346656037;

        public SimulationTally Tally { get; } = new();

        public SimulationStore Store { get; } = new(options);

        public void Add(SimulatedKernel kernel)
        {
            seeds++;
            steps += kernel.Runner.Steps;
            begun += kernel.Requests;
            completed += kernel.Completions;
            time += kernel.Now;
            hash = (hash ^ kernel.Trace.Hash) * 1099511628211;
        }

        public SimulationReport ToReport()
        {
            Dictionary<(FaultKind, string), long> both = [];
            Dictionary<FaultKind, long> byKind = [];
            for (FaultKind kind = 0; (int)kind < SimulationTally.FaultKinds; kind++)
            {
                byKind.Add(kind, Tally.Of(kind));
                for (int request = 0; request < SimulationTally.RequestKinds; request++)
                {
                    if (Tally.Of(kind, request) is not 0 and long times)
                    {
                        (FaultKind, string) key = (kind, request == SimulationTally.NoRequest ? string.Empty : OpcodeNames.Of((Opcode)request));
                        both[key] = both.GetValueOrDefault(key) + times;
                    }
                }
            }

            SortedDictionary<string, long> byCall = new(StringComparer.Ordinal);
            for (int request = 0; request < SimulationTally.RequestKinds; request++)
            {
                if (Tally.Requests[request] is not 0 and long times)
                {
                    string name = OpcodeNames.Of((Opcode)request);
                    byCall[name] = byCall.GetValueOrDefault(name) + times;
                }
            }

            return new SimulationReport(seeds, steps, begun, completed, TimeSpan.FromTicks(time / 100), (long)hash, byKind, byCall, both);
        }
    }
}
