using System.Runtime.InteropServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Dispatch.Benchmarks;

/// <summary>Puts all results into one line of JSON for programs.</summary>
internal static class JsonReport
{
    private static readonly JsonSerializerOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Write(IEnumerable<BenchmarkResult> results) => new JsonObject
    {
        ["kernel"] = Environment.OSVersion.VersionString,
        ["runtime"] = RuntimeInformation.FrameworkDescription,
        ["cpus"] = Environment.ProcessorCount,
        ["benchmarks"] = new JsonArray([.. results.Select(Benchmark)]),
    }.ToJsonString(Options);

    private static JsonObject Benchmark(BenchmarkResult result) => new()
    {
        ["name"] = result.Benchmark.Name,
        ["operation"] = result.Benchmark.Summary,
        ["systemCallsMissing"] = result.SystemCallsMissing,
        ["contenders"] = new JsonArray([.. result.Contenders.Select(contender => Contender(contender, result.Baseline))]),
        ["bars"] = new JsonArray([.. result.Bars.Select(Bar)]),
    };

    private static JsonObject Contender(ContenderResult contender, ContenderResult? baseline)
    {
        var medians = new JsonObject();
        var ratios = new JsonObject();
        foreach (Metric metric in MetricFormat.All)
        {
            if (contender.Median(metric) is { } value)
            {
                medians[Name(metric)] = value;
                if (baseline?.Median(metric) is { } reference && reference != 0)
                {
                    ratios[Name(metric)] = value / reference;
                }
            }
        }

        return new JsonObject
        {
            ["name"] = contender.Name,
            ["missing"] = contender.Missing,
            ["failure"] = contender.Failure,
            ["windows"] = contender.Windows.Count,
            ["dropped"] = contender.Dropped,
            ["cpuSpread"] = contender.Spread(Metric.CpuNs),
            ["medians"] = medians,
            ["ratios"] = ratios,
        };
    }

    private static JsonObject Bar(BarResult result) => new()
    {
        ["contender"] = result.Bar.Contender,
        ["metric"] = Name(result.Bar.Metric),
        ["versus"] = result.Bar.Versus,
        [result.Bar.AtLeast ? "atLeast" : "atMost"] = result.Bar.Limit,
        ["value"] = result.Value,
        ["reached"] = result.Reached,
    };

    private static string Name(Metric metric) => JsonNamingPolicy.CamelCase.ConvertName(metric.ToString());
}
