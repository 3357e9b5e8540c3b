using System.ComponentModel;
using System.Diagnostics;

namespace Dispatch.Examples.Tests;

/// <summary>The web application and the tools that people measure and look at servers with.</summary>
public sealed class WebAppToolTests
{
    [Theory]
    [InlineData("--http1.1")]
    [InlineData("--http2-prior-knowledge")]
    public void Curl_uploads_and_downloads_the_same(string protocol)
    {
        using TemporaryFolder folder = new();
        folder.Write("sent", string.Join(' ', Enumerable.Range(0, 300_000)));
        using WebAppProcess app = WebAppProcess.Start("dispatch", [.. protocol == "--http1.1" ? Array.Empty<string>() : ["--h2c"], "--files", folder.Path]);
        string sent = Path.Combine(folder.Path, "sent");
        Assert.Contains("\"length\":", Run("curl", "-sS", protocol, "-T", sent, $"{app.Address}upload/stored"), StringComparison.Ordinal);
        Run("curl", "-sS", protocol, "-o", Path.Combine(folder.Path, "received"), $"{app.Address}file/stored");
        Assert.Equal(File.ReadAllBytes(sent), File.ReadAllBytes(Path.Combine(folder.Path, "received")));
    }

    [Theory]
    [InlineData("adaptive")]
    [InlineData("threadpool")]
    public void Wrk_sees_no_error(string scheduling)
    {
        using WebAppProcess app = WebAppProcess.Start("dispatch", "--scheduling", scheduling);
        string report = Run("wrk", "-t1", "-c64", "-d1s", $"{app.Address}plaintext");
        Assert.Contains("requests in", report, StringComparison.Ordinal);
        Assert.DoesNotContain("Socket errors", report, StringComparison.Ordinal);
        Assert.DoesNotContain("Non-2xx", report, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("adaptive")]
    [InlineData("threadpool")]
    public void H2load_has_every_request_answered(string scheduling)
    {
        using WebAppProcess app = WebAppProcess.Start("dispatch", "--h2c", "--scheduling", scheduling);
        string report = Run("h2load", "-n", "5000", "-c", "20", "-m", "10", $"{app.Address}file/64k.bin");
        Assert.Contains("5000 done, 5000 succeeded, 0 failed, 0 errored, 0 timeout", report, StringComparison.Ordinal);
        Assert.Contains("status codes: 5000 2xx", report, StringComparison.Ordinal);
    }

    private static string Run(string tool, params string[] arguments)
    {
        Process started;
        try
        {
            started = Process.Start(new ProcessStartInfo(tool, arguments) { RedirectStandardOutput = true })!;
        }
        catch (Win32Exception)
        {
            Assert.Skip($"There is no {tool}.");
            throw;
        }

        using Process process = started;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        return output;
    }
}
