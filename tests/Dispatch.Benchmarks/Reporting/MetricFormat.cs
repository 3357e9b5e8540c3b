using System.Globalization;

namespace Dispatch.Benchmarks;

/// <summary>How metrics are called and written for people, and which way is better.</summary>
internal static class MetricFormat
{
    /// <summary>The order of the columns.</summary>
    public static IReadOnlyList<Metric> All { get; } = Enum.GetValues<Metric>();

    public static string Title(Metric metric) => metric switch
    {
        Metric.CpuNs => "CPU ns/op",
        Metric.WallNs => "ns/op",
        Metric.OperationsPerSecond => "op/s",
        Metric.P50Ns => "p50 µs",
        Metric.P99Ns => "p99 µs",
        Metric.P999Ns => "p99.9 µs",
        Metric.VoluntarySwitches => "switches/op",
        Metric.SystemCalls => "syscalls/op",
        Metric.AllocatedBytes => "bytes/op",
        Metric.RetainedBytes => "bytes kept/op",
        _ => throw new ArgumentOutOfRangeException(nameof(metric)),
    };

    public static string Value(Metric metric, double value)
    {
        string format = metric switch
        {
            Metric.OperationsPerSecond => "N0",
            Metric.P50Ns or Metric.P99Ns or Metric.P999Ns => "N1",
            Metric.VoluntarySwitches or Metric.SystemCalls => "N4",
            Metric.AllocatedBytes => "N3",
            Metric.RetainedBytes => "N0",
            _ => value < 100 ? "N1" : "N0",
        };
        bool quantile = metric is Metric.P50Ns or Metric.P99Ns or Metric.P999Ns;
        return (quantile ? value / 1000 : value).ToString(format, CultureInfo.InvariantCulture);
    }

    /// <summary>Whether a ratio of this metric to the baseline's says anything.</summary>
    public static bool HasRatio(Metric metric) => metric is Metric.CpuNs or Metric.WallNs or Metric.OperationsPerSecond or Metric.P50Ns or Metric.SystemCalls;

    public static string Describe(Bar bar)
    {
        string relation = bar.AtLeast ? "≥" : "≤";
        string limit = bar.Versus is null
            ? $"{bar.Limit.ToString("0.####", CultureInfo.InvariantCulture)}"
            : $"{bar.Limit.ToString("0.00", CultureInfo.InvariantCulture)} × {bar.Versus}";
        return $"{bar.Contender}: {Title(bar.Metric)} {relation} {limit}";
    }
}
