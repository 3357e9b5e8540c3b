namespace Dispatch.Benchmarks;

/// <summary>
/// A piece of work, those who compete in it, and the bars that are held against them. The first contender is the baseline.
/// </summary>
/// <param name="Group">The name under which it is asked for on the command line.</param>
/// <param name="Name">Its own name.</param>
/// <param name="Summary">What one operation is.</param>
/// <param name="Columns">The metrics that the table shows.</param>
/// <param name="Contenders">Makes the contenders, not yet started.</param>
/// <param name="Bars">What has to be reached.</param>
internal sealed record Benchmark(
    string Group,
    string Name,
    string Summary,
    IReadOnlyList<Metric> Columns,
    Func<Settings, Workspace, IReadOnlyList<IContender>> Contenders,
    IReadOnlyList<Bar> Bars);
