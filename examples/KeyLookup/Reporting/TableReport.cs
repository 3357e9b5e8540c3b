using System.Globalization;
using Spectre.Console;

namespace Dispatch.Examples.KeyLookup;

/// <summary>The report for people.</summary>
internal static class TableReport
{
    /// <summary>Prints it.</summary>
    /// <param name="summary">What was done.</param>
    public static void Print(LookupSummary summary)
    {
        Table table = new Table { Border = TableBorder.Simple }.AddColumn(summary.Direct ? "looked up, from the device" : "looked up, from the page cache").AddColumn(new TableColumn("Dispatch").RightAligned());
        if (summary.RandomAccess is not null)
        {
            table.AddColumn(new TableColumn("RandomAccess").RightAligned()).AddColumn(new TableColumn("ratio").RightAligned());
        }

        AddRow("lookups a second", c => c.LookupsPerSecond, 0);
        AddRow("CPU time of a lookup, µs", c => c.CpuUsPerLookup, 2);
        AddRow("bytes allocated by a lookup", c => c.AllocatedBytesPerLookup, 2);
        AnsiConsole.Write(table);
        AnsiConsole.WriteLine(
            $"{Number(summary.Lookups, 0)} keys of {Number(summary.Records, 0)} found and checked, each on the loop that it was asked on. {Number(summary.CachedReads, 0)} blocks were read without a ring, {Number(summary.RingReads, 0)} through one.");

        void AddRow(string name, Func<Cost, double> figure, int decimals)
        {
            double ours = figure(summary.Dispatch);
            List<string> row = [name, Number(ours, decimals)];
            if (summary.RandomAccess is { } other)
            {
                double theirs = figure(other);
                row.Add(Number(theirs, decimals));
                row.Add(theirs == 0 ? "-" : Number(ours / theirs, 2));
            }

            table.AddRow([.. row]);
        }
    }

    private static string Number(double value, int decimals) => value.ToString($"N{decimals}", CultureInfo.InvariantCulture);
}
