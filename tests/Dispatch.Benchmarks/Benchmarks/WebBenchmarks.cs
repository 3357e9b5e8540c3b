namespace Dispatch.Benchmarks;

/// <summary><c>examples/WebApp</c> on either transport: the server on one CPU, the load on another.</summary>
internal static class WebBenchmarks
{
    private const string Group = "web";
    private const string Sockets = "sockets";
    private const string SocketsInline = "sockets, inline completions";
    private const string Adaptive = "Dispatch, adaptive";
    private const string ThreadPool = "Dispatch, thread pool";

    private static readonly Metric[] Columns = [Metric.CpuNs, Metric.OperationsPerSecond, Metric.P50Ns, Metric.P99Ns, Metric.VoluntarySwitches];

    public static Benchmark One { get; } = Plaintext(1, 0.9);

    public static Benchmark Few { get; } = Plaintext(16, 0.9);

    public static Benchmark Many { get; } = Plaintext(64, 0.58);

    public static Benchmark VeryMany { get; } = Plaintext(256, 0.58);

    public static Benchmark File { get; } = new(
        Group,
        "web-file",
        "a file of 1 MiB over HTTP/1.1, 16 connections",
        Columns,
        (settings, _) => Contenders(WebLoad.Http1("/file/1m.bin", 16), settings),
        [new Bar(Adaptive, Metric.CpuNs, 0.8, Sockets)]);

    public static Benchmark Upload { get; } = new(
        Group,
        "web-upload",
        "an upload of 1 MiB with fsync over HTTP/1.1, 16 connections",
        Columns,
        (settings, workspace) => Contenders(WebLoad.Upload(16, workspace), settings),
        [new Bar(Adaptive, Metric.CpuNs, 0.8, Sockets)]);

    public static Benchmark Http2 { get; } = new(
        Group,
        "web-http2",
        "plaintext over HTTP/2, 16 connections of 32 streams",
        Columns,
        (settings, _) => Contenders(WebLoad.Http2("/plaintext", 16, 32), settings, "--h2c"),
        [new Bar(Adaptive, Metric.CpuNs, 0.85, Sockets)]);

    private static Benchmark Plaintext(int connections, double bar) => new(
        Group,
        $"web-{connections}",
        $"plaintext over HTTP/1.1, {connections} connection{(connections == 1 ? string.Empty : "s")}",
        Columns,
        (settings, _) => Contenders(WebLoad.Http1("/plaintext", connections), settings),
        [
            new Bar(Adaptive, Metric.CpuNs, bar, Sockets),
            new Bar(Adaptive, Metric.P99Ns, 1, Sockets),
        ]);

    private static List<IContender> Contenders(WebLoad load, Settings settings, params string[] arguments) =>
    [
        new WebContender(Sockets, new WebAppProgram(["--transport", "sockets", .. arguments]), load, settings),
        new WebContender(SocketsInline, new WebAppProgram(["--transport", "sockets", .. arguments]) { InlineCompletions = true }, load, settings),
        new WebContender(Adaptive, new WebAppProgram(["--transport", "dispatch", .. arguments]), load, settings),
        new WebContender(ThreadPool, new WebAppProgram(["--transport", "dispatch", "--scheduling", "threadpool", .. arguments]), load, settings),
    ];
}
