namespace Dispatch.Benchmarks;

/// <summary>The clean windows of one contender.</summary>
internal sealed class ContenderResult(string name)
{
    private readonly List<Window> windows = [];
    private readonly List<double> systemCalls = [];

    public string Name { get; } = name;

    public IReadOnlyList<Window> Windows => windows;

    /// <summary>How many windows were thrown away because the machine was disturbed during them.</summary>
    public int Dropped { get; set; }

    /// <summary>What this machine lacks to run it; null when it ran.</summary>
    public string? Missing { get; set; }

    /// <summary>What went wrong; null when nothing did.</summary>
    public string? Failure { get; set; }

    public bool IsRunning => Missing is null && Failure is null;

    public void Add(Window window) => windows.Add(window);

    /// <summary>Adds the calls an operation of one window; null when they could not be counted.</summary>
    public void AddSystemCalls(double? perOperation)
    {
        if (perOperation is { } calls)
        {
            systemCalls.Add(calls);
        }
    }

    /// <summary>The median over the windows; null when it was not measured.</summary>
    public double? Median(Metric metric)
    {
        double[] values = Values(metric);
        return values.Length == 0 ? null : MedianOf(values);
    }

    /// <summary>How far a window lies from the median, as a part of it: the median of the distances. Says how much to trust the figure.</summary>
    public double? Spread(Metric metric)
    {
        if (Median(metric) is not { } median || median == 0)
        {
            return null;
        }

        double[] distances = [.. Values(metric).Select(value => Math.Abs(value - median))];
        return distances.Length == 0 ? null : MedianOf(distances) / median;
    }

    private static double MedianOf(double[] values)
    {
        Array.Sort(values);
        int middle = values.Length / 2;
        return values.Length % 2 != 0 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
    }

    private static double? Value(Window window, Metric metric) => metric switch
    {
        Metric.CpuNs => (double?)window.CpuNs / window.Operations,
        Metric.WallNs => (double)window.WallNs / window.Operations,
        Metric.OperationsPerSecond => window.Operations * 1e9 / window.WallNs,
        Metric.P50Ns => window.P50Ns,
        Metric.P99Ns => window.P99Ns,
        Metric.P999Ns => window.P999Ns,
        Metric.VoluntarySwitches => (double?)window.VoluntarySwitches / window.Operations,
        Metric.AllocatedBytes => (double?)window.AllocatedBytes / window.Operations,
        Metric.RetainedBytes => (double?)window.RetainedBytes / window.Operations,
        _ => null,
    };

    private double[] Values(Metric metric) => metric == Metric.SystemCalls
        ? [.. systemCalls]
        : [.. windows.Select(window => Value(window, metric)).Where(value => value is not null).Select(value => value!.Value)];
}
