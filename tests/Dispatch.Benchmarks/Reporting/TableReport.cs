using System.Globalization;
using Spectre.Console;

namespace Dispatch.Benchmarks;

/// <summary>Prints a result for people: a table of medians with their ratios to the baseline, and the bars below it.</summary>
internal sealed class TableReport(IAnsiConsole console)
{
    public void Print(BenchmarkResult result)
    {
        console.WriteLine();
        if (!result.Contenders.Any(contender => contender.IsRunning))
        {
            console.WriteLine($"{result.Benchmark.Name}: {result.Benchmark.Summary}");
        }
        else
        {
            console.Write(Table(result));
        }

        PrintNotes(result);
        foreach (BarResult bar in result.Bars)
        {
            PrintBar(bar);
        }
    }

    private static Table Table(BenchmarkResult result)
    {
        Metric[] metrics = [.. result.Benchmark.Columns.Where(metric => result.Contenders.Any(contender => contender.Median(metric) is not null))];
        var table = new Table { Border = TableBorder.Simple, Title = new TableTitle(Markup.Escape($"{result.Benchmark.Name}: {result.Benchmark.Summary}")) };
        table.AddColumn(string.Empty);
        foreach (Metric metric in metrics)
        {
            table.AddColumn(new TableColumn(Markup.Escape(MetricFormat.Title(metric))).RightAligned());
        }

        table.AddColumn(new TableColumn("± CPU").RightAligned());
        table.AddColumn(new TableColumn("windows").RightAligned());
        foreach (ContenderResult contender in result.Contenders.Where(contender => contender.IsRunning))
        {
            table.AddRow(
            [
                Markup.Escape(contender.Name),
                .. metrics.Select(metric => Cell(contender, result.Baseline, metric)),
                contender.Spread(Metric.CpuNs) is { } spread ? spread.ToString("P1", CultureInfo.InvariantCulture) : string.Empty,
                contender.Dropped == 0 ? $"{contender.Windows.Count}" : $"{contender.Windows.Count} ({contender.Dropped} dropped)",
            ]);
        }

        return table;
    }

    private static string Cell(ContenderResult contender, ContenderResult? baseline, Metric metric)
    {
        if (contender.Median(metric) is not { } value)
        {
            return "–";
        }

        string text = MetricFormat.Value(metric, value);
        return MetricFormat.HasRatio(metric) && baseline?.Median(metric) is { } reference && reference != 0
            ? $"{text} [grey]×{(value / reference).ToString("0.00", CultureInfo.InvariantCulture)}[/]"
            : text;
    }

    private void PrintNotes(BenchmarkResult result)
    {
        foreach (ContenderResult contender in result.Contenders)
        {
            if (contender.Missing is not null)
            {
                console.MarkupLineInterpolated($"  [yellow]missing[/]      {contender.Name}: {contender.Missing}");
            }

            if (contender.Failure is not null)
            {
                console.MarkupLineInterpolated($"  [red]failed[/]       {contender.Name}: {contender.Failure}");
            }

            if (contender.IsRunning && contender.Windows.Count == 0)
            {
                console.MarkupLineInterpolated($"  [yellow]no window[/]    {contender.Name}: the machine was disturbed in each of {contender.Dropped}; see --max-steal and --max-neighbours");
            }
        }

        if (result.SystemCallsMissing is not null)
        {
            console.MarkupLineInterpolated($"  [yellow]missing[/]      system calls: {result.SystemCallsMissing}");
        }
    }

    private void PrintBar(BarResult result)
    {
        string text = MetricFormat.Describe(result.Bar);
        if (result.Value is not { } value)
        {
            console.MarkupLineInterpolated($"  [grey]not measured[/] {text}");
            return;
        }

        string measured = result.Bar.Versus is null
            ? MetricFormat.Value(result.Bar.Metric, value)
            : $"×{value.ToString("0.00", CultureInfo.InvariantCulture)}";
        string verdict = result.Reached == true ? "[green]reached[/]     " : "[red]not reached[/] ";
        console.MarkupLine($"  {verdict} {Markup.Escape(text)}: {measured}");
    }
}
