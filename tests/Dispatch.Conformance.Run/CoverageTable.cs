using System.Globalization;
using Dispatch.Testing;

namespace Dispatch.Conformance;

/// <summary>How often each kind of fault struck each kind of request.</summary>
internal sealed class CoverageTable
{
    private readonly SortedDictionary<string, long> calls = new(StringComparer.Ordinal);
    private readonly Dictionary<(FaultKind Kind, string Call), long> faults = [];

    public void Add(SimulationReport report)
    {
        foreach ((string call, long count) in report.Calls)
        {
            calls[call] = calls.GetValueOrDefault(call) + count;
        }

        foreach (((FaultKind Kind, string Call) key, long count) in report.FaultsByCall)
        {
            faults[key] = faults.GetValueOrDefault(key) + count;
        }
    }

    public void Write(TextWriter output)
    {
        FaultKind[] kinds = Enum.GetValues<FaultKind>();
        output.WriteLine();
        output.WriteLine("Faults injected, by what they struck (a dot: never)");
        output.Write($"{"request",-18}{"made",11}");
        for (int i = 0; i < kinds.Length; i++)
        {
            output.Write($"{Letter(i),9}");
        }

        output.WriteLine();
        foreach ((string call, long made) in calls)
        {
            WriteRow(output, kinds, call, call, made.ToString("n0", CultureInfo.InvariantCulture));
        }

        WriteRow(output, kinds, "(no request)", string.Empty, string.Empty);
        for (int i = 0; i < kinds.Length; i++)
        {
            long total = faults.Where(f => f.Key.Kind == kinds[i]).Sum(f => f.Value);
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {Letter(i)} = {kinds[i]}: {total:n0}"));
        }

        output.WriteLine();
    }

    private static string Letter(int number) => ((char)('A' + number)).ToString();

    private void WriteRow(TextWriter output, FaultKind[] kinds, string title, string call, string made)
    {
        output.Write($"{title,-18}{made,11}");
        foreach (FaultKind kind in kinds)
        {
            output.Write(faults.TryGetValue((kind, call), out long count) ? count.ToString(CultureInfo.InvariantCulture).PadLeft(9) : ".".PadLeft(9));
        }

        output.WriteLine();
    }
}
