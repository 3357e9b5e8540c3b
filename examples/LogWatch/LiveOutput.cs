using System.Globalization;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Dispatch.Examples.LogWatch;

/// <summary>Rates drawn in the terminal, once a second: for each file its matched lines a second, the last of them as bars, and below the last lines.</summary>
internal sealed class LiveOutput : ILineOutput
{
    public const int Seconds = 40;
    private const int LastLines = 8;
    private const string Bars = " ▁▂▃▄▅▆▇█";

    private readonly Queue<string> last = new();
    private readonly TaskCompletionSource ended = new();
    private readonly Task display;
    private LiveDisplayContext? context;

    public LiveOutput(IAnsiConsole console) => display = console.Live(new Text("waiting for lines")).StartAsync(live =>
    {
        context = live;
        return ended.Task;
    });

    public void Line(WatchedFile file, FileLine line)
    {
        const int Longest = 400;
        last.Enqueue(System.Text.Encoding.UTF8.GetString(line.Span[..Math.Min(line.Length, Longest)]));
        while (last.Count > LastLines)
        {
            last.Dequeue();
        }
    }

    public void Flush()
    {
        // Drawn once a second.
    }

    public void Second(IReadOnlyList<WatchedFile> files)
    {
        Table table = new Table { Border = TableBorder.Simple }.AddColumn("file").AddColumn(new TableColumn("lines/s").RightAligned()).AddColumn($"{Seconds} s").AddColumn(new TableColumn("lines").RightAligned()).AddColumn(new TableColumn("rotations").RightAligned());
        foreach (WatchedFile file in files)
        {
            table.AddRow(
                Markup.Escape(file.Path),
                Number(file.Rates.LastOrDefault()),
                Chart(file.Rates),
                Number(file.Matched),
                Number(file.Tail.Rotations));
        }

        IEnumerable<IRenderable> lines = last.Select(line => new Text(line, new Style(Color.Grey)) { Overflow = Overflow.Ellipsis });
        context?.UpdateTarget(new Rows([table, .. lines]));
    }

    public void Dispose()
    {
        ended.TrySetResult();
        display.GetAwaiter().GetResult();
    }

    private static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    private static string Chart(IReadOnlyCollection<long> rates)
    {
        long most = Math.Max(1, rates.DefaultIfEmpty().Max());
        return string.Concat(rates.Select(rate => Bars[rate == 0 ? 0 : 1 + (int)(rate * (Bars.Length - 2) / most)]));
    }
}
