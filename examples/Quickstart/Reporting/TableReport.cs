using System.Globalization;
using Spectre.Console;

namespace Dispatch.Examples.Quickstart;

/// <summary>The report for people.</summary>
internal sealed class TableReport
{
    private const int LeastWidth = 120; // The table of the loops needs it; a narrower terminal breaks lines better than a table does.
    private readonly IAnsiConsole console;

    /// <summary>Initializes a new instance of the <see cref="TableReport"/> class.</summary>
    /// <param name="output">Where it goes.</param>
    /// <param name="isTerminal">Whether that is a terminal.</param>
    public TableReport(TextWriter output, bool isTerminal)
    {
        console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(output), Ansi = isTerminal ? AnsiSupport.Detect : AnsiSupport.No });
        console.Profile.Width = isTerminal ? Math.Max(console.Profile.Width, LeastWidth) : LeastWidth;
    }

    /// <summary>Prints what each loop did.</summary>
    /// <param name="loops">The loops.</param>
    public void Print(IReadOnlyList<LoopReport> loops)
    {
        Table table = NumberTable("loop", "files", "bytes", "requests", "completions", "on their\nowner", "hand-offs", "kernel\nenters", "completions\nan enter", "p50 µs", "p99 µs");
        foreach (LoopReport loop in loops.Count > 1 ? [.. loops, LoopReport.Total(loops)] : loops)
        {
            table.AddRow(
                loop.Loop,
                Number(loop.Files),
                Number(loop.Bytes),
                Number(loop.Requests),
                Number(loop.Completions),
                loop.CompletionsOnOwner == loop.Completions ? "all" : Number(loop.CompletionsOnOwner),
                Number(loop.HandOffs),
                Number(loop.Enters),
                Number(loop.CompletionsPerEnter, 1),
                Number(loop.P50Us),
                Number(loop.P99Us));
        }

        console.Write(table);
    }

    /// <summary>Prints what the same job costs on either side.</summary>
    /// <param name="comparison">The comparison.</param>
    public void Print(Comparison comparison)
    {
        Table table = NumberTable($"a round, mean of {comparison.Rounds}", "Dispatch", "RandomAccess and sockets", "ratio");
        AddRow("time, ms", c => c.ElapsedMs);
        AddRow("CPU time, ms", c => c.CpuTimeMs);
        AddRow("voluntary context switches", c => c.VoluntarySwitches);
        AddRow("involuntary context switches", c => c.InvoluntarySwitches);
        console.Write(table);

        void AddRow(string name, Func<ComparisonSide, double> figure)
        {
            double dispatch = figure(comparison.Dispatch);
            double dotNet = figure(comparison.DotNet);
            table.AddRow(name, Number(dispatch), Number(dotNet), dotNet == 0 ? "-" : Number(dispatch / dotNet, 2));
        }
    }

    /// <summary>Prints a sentence.</summary>
    /// <param name="text">The sentence.</param>
    public void Print(string text) => console.WriteLine(text);

    private static Table NumberTable(string first, params string[] others)
    {
        Table table = new Table { Border = TableBorder.Simple }.AddColumn(new TableColumn(first).NoWrap().PadLeft(0));
        foreach (string other in others)
        {
            table.AddColumn(new TableColumn(other).RightAligned().NoWrap().PadLeft(0));
        }

        return table;
    }

    private static string Number(double value, int decimals = 0) => value.ToString(decimals == 0 ? "N0" : $"N{decimals}", CultureInfo.InvariantCulture);
}
