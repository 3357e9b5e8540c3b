using System.Text;

namespace Dispatch.Testing;

/// <summary>What has to hold when a scenario has ended and its loops have stopped.</summary>
internal static class SimulationChecks
{
    /// <summary>Looks at everything. The first thing that is wrong is a violation.</summary>
    public static void Verify(SimulatedKernel kernel, IReadOnlyList<SteppedLoop> loops)
    {
        foreach (SteppedLoop stepped in loops)
        {
            if (!stepped.IsLost)
            {
                Verify(kernel, stepped);
            }
        }

        if (kernel.Options.CheckBalance && kernel.Descriptors.Count != 0)
        {
            kernel.Violate($"{kernel.Descriptors.Count} descriptor(s) were left open: {string.Join(", ", kernel.Descriptors.List().Take(8).Select(d => $"{d.Number - DescriptorTable.Base} ({d.Description.Kind})"))}. Close what the scenario opens, connections that were accepted included.");
        }
    }

    /// <summary>Says what is in flight, for a run that cannot go on.</summary>
    public static string DescribeWaiting(SimulatedKernel kernel, IReadOnlyList<SteppedLoop> loops)
    {
        StringBuilder text = new();
        foreach (SteppedLoop stepped in loops)
        {
            if (stepped.Stepper.HasEnded)
            {
                continue;
            }

            text.Append(text.Length == 0 ? "In flight: " : "; ").Append(stepped.Loop.Name).Append(':');
            int count = 0;
            stepped.Loop.Engine.Table.ForEachInFlight(operation =>
            {
                if (count++ < 8)
                {
                    text.Append(' ').Append(OpcodeNames.Of(operation.Opcode)).Append(" on ").Append(operation.Descriptor - DescriptorTable.Base).Append(',');
                }
            });
            text.Append(count == 0 ? " nothing" : string.Empty);
        }

        text.Append(". Code that awaits something outside of the simulation (the thread pool, the real clock, a lock) looks like this, too.");
        return text.ToString();
    }

    private static void Verify(SimulatedKernel kernel, SteppedLoop stepped)
    {
        LoopEngine engine = stepped.Loop.Engine;
        string name = stepped.Loop.Name;
        if (stepped.Loop.Life.Unfinished.Count != 0 || engine.Table.InFlight != 0)
        {
            kernel.Violate($"{name} ended with requests in flight that had no terminal completion: {string.Join(", ", stepped.Loop.Life.Unfinished)}.");
        }

        if (engine.Table.Late != 0)
        {
            kernel.Violate($"{name} was given {engine.Table.Late} completion(s) of requests that had ended already.");
        }

        if (stepped.Ring.Unended != 0)
        {
            kernel.Violate($"{stepped.Ring.Unended} request(s) of {name} never ended.");
        }

        if (kernel.Options.CheckBalance && engine.ReceiveBuffersIfCreated is { Leased: not 0 } buffers)
        {
            kernel.Violate($"{buffers.Leased} receive buffer(s) of {name} were not given back. Dispose every lease and retained buffer.");
        }

        if (stepped.Loop.Completed.Exception?.InnerException is { } cause)
        {
            kernel.Runner.Fail(cause);
        }
    }
}
