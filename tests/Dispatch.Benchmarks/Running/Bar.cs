namespace Dispatch.Benchmarks;

/// <summary>
/// What a contender has to reach: a metric no more than <paramref name="Limit"/> (no less, when <paramref name="AtLeast"/>), as a multiple
/// of <paramref name="Versus"/> when that names a rival, else in the metric's own unit.
/// </summary>
internal sealed record Bar(string Contender, Metric Metric, double Limit, string? Versus = null, bool AtLeast = false)
{
    /// <summary>Holds the results against the bar.</summary>
    public BarResult Judge(IReadOnlyList<ContenderResult> results)
    {
        double? value = Find(results, Contender)?.Median(Metric);
        if (Versus is not null)
        {
            double? rival = Find(results, Versus)?.Median(Metric);
            value = rival is null or 0 ? null : value / rival;
        }

        bool? reached = value is null ? null : AtLeast ? value >= Limit : value <= Limit;
        return new BarResult(this, value, reached);
    }

    private static ContenderResult? Find(IReadOnlyList<ContenderResult> results, string name) =>
        results.FirstOrDefault(result => result.Name == name && result.IsRunning);
}
