using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Dispatch.Benchmarks;

/// <summary>What keeps a web server busy: wrk(1) for HTTP/1.1, h2load(1) for HTTP/2. A process a window.</summary>
internal sealed partial class WebLoad
{
    private readonly string program;
    private readonly string[] arguments;
    private readonly string path;

    private WebLoad(string program, string path, params string[] arguments)
    {
        this.program = program;
        this.path = path;
        this.arguments = arguments;
    }

    /// <summary>Requests of HTTP/1.1, one after the other on each connection.</summary>
    public static WebLoad Http1(string path, int connections) => new("wrk", path, "-t", "1", "-c", Number(connections), "--latency");

    /// <summary>Bodies of a mebibyte, one after the other on each connection.</summary>
    public static WebLoad Upload(int connections, Workspace workspace) =>
        new("wrk", "/upload", "-t", "1", "-c", Number(connections), "--latency", "-s", workspace.UploadScript());

    /// <summary>Requests of HTTP/2, many streams on each connection.</summary>
    public static WebLoad Http2(string path, int connections, int streams) => new("h2load", path, "-t", "1", "-c", Number(connections), "-m", Number(streams));

    /// <summary>Loads a server for a time, from one CPU.</summary>
    /// <returns>What the load saw: requests that were answered well, and how long they took.</returns>
    public async Task<Window> RunAsync(Uri server, TimeSpan length, int cpu, CancellationToken cancellationToken)
    {
        // Both tools take whole seconds.
        string seconds = Number((int)Math.Max(1, Math.Ceiling(length.TotalSeconds)));
        string[] time = program == "wrk" ? ["-d", seconds + "s"] : ["-D", seconds];
        var start = new ProcessStartInfo(program, [.. arguments, .. time, new Uri(server, path).ToString()]) { RedirectStandardOutput = true, RedirectStandardError = true };
        long begin = WallClock.NowNs();
        using Process process = Start(start, cpu);
        Task<string> errors = process.StandardError.ReadToEndAsync(cancellationToken);
        string report = await process.StandardOutput.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        return process.ExitCode == 0 && !Failure().IsMatch(report)
            ? Read(report, WallClock.NowNs() - begin)
            : throw new ContenderFailedException($"{program}: {(await errors).Trim()} {report.Trim()}");
    }

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);

    private static Process Start(ProcessStartInfo start, int cpu)
    {
        try
        {
            using (CpuPin.Enter(cpu))
            {
                return Process.Start(start)!;
            }
        }
        catch (System.ComponentModel.Win32Exception)
        {
            throw new ContenderMissingException($"{start.FileName} is not installed (Debian: {(start.FileName == "wrk" ? "wrk" : "nghttp2-client")})");
        }
    }

    private static Window Read(string report, long wallNs)
    {
        Match done = Done().Match(report);
        Match h2 = Succeeded().Match(report);
        Match taken = Taken().Match(report);
        return new Window
        {
            Operations = long.Parse(done.Success ? done.Groups[1].ValueSpan : h2.Groups[1].ValueSpan, CultureInfo.InvariantCulture),
            WallNs = taken.Success ? (long)(double.Parse(taken.Groups[1].ValueSpan, CultureInfo.InvariantCulture) * 1e9) : wallNs,
            P50Ns = Quantile(Half().Match(report)),
            P99Ns = Quantile(Most().Match(report)),
        };
    }

    private static long? Quantile(Match match) => !match.Success ? null : (long)(double.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture) * match.Groups[2].Value switch
    {
        "us" => 1e3,
        "ms" => 1e6,
        _ => 1e9,
    });

    [GeneratedRegex(@"Non-2xx|Socket errors|, [1-9]\d* (failed|errored)")]
    private static partial Regex Failure();

    [GeneratedRegex(@"(\d+) requests in ")]
    private static partial Regex Done();

    [GeneratedRegex(@"(\d+) succeeded")]
    private static partial Regex Succeeded();

    [GeneratedRegex(@"(?:requests|finished) in ([\d.]+)s")]
    private static partial Regex Taken();

    [GeneratedRegex(@"50%\s+([\d.]+)(us|ms|s)")]
    private static partial Regex Half();

    [GeneratedRegex(@"99%\s+([\d.]+)(us|ms|s)")]
    private static partial Regex Most();
}
