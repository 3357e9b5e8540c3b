using System.Diagnostics;
using System.Globalization;
using Dispatch.Testing;
using Spectre.Console;

namespace Dispatch.Examples.SimulatedServer;

/// <summary>Runs the seeds, and says what came of them.</summary>
internal static class SimulationRun
{
    /// <summary>Runs. Returns the exit code.</summary>
    public static int Run(int count, long firstSeed, bool plantedBug)
    {
        long start = Stopwatch.GetTimestamp();
        try
        {
            SimulationReport report = SimulatedKernel.RunMany(
                count,
                Scenario.For(plantedBug ? UpperCaseServer.HandleWithBugAsync : UpperCaseServer.HandleAsync),
                new SimulationOptions { TraceLength = 40 },
                firstSeed);
            Print(report, Stopwatch.GetElapsedTime(start));
            return 0;
        }
        catch (SimulationException e)
        {
            AnsiConsole.Profile.Out.Writer.WriteLine(e.Message);
            AnsiConsole.Profile.Out.Writer.WriteLine(string.Create(CultureInfo.InvariantCulture, $"To see it again: --seeds 1 --seed {e.Seed}{(plantedBug ? " --planted-bug" : string.Empty)}"));
            return 1;
        }
    }

    private static void Print(SimulationReport report, TimeSpan time)
    {
        Table table = new Table().Border(TableBorder.Rounded).AddColumn("What").AddColumn(new TableColumn("How many").RightAligned());
        Row("seeds", report.Seeds);
        Row("steps", report.Steps);
        Row("requests", report.Requests);
        Row("completions", report.Completions);
        foreach ((FaultKind kind, long times) in report.Faults.Where(f => f.Value != 0))
        {
            Row(kind.ToString(), times);
        }

        AnsiConsole.Write(table);
        AnsiConsole.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"[green]Every client got its answers[/], in {time.TotalSeconds:F1} s, {report.Completions / time.TotalSeconds:N0} completions a second; {report.VirtualTime.TotalSeconds:F1} s of virtual time.");

        void Row(string what, long howMany) => table.AddRow(what, howMany.ToString("N0", CultureInfo.InvariantCulture));
    }
}
