using System.Diagnostics;
using System.Text.Json;

namespace Dispatch.Examples.Tests;

/// <summary>The Quickstart on folders small enough to know what is in them.</summary>
public sealed class QuickstartTests
{
    private const string DigestOfA = "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb";
    private const string DigestOfNothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    [Fact]
    public void Sums_are_the_lines_of_sha256sum_whatever_the_names()
    {
        using TemporaryFolder folder = new();
        foreach (string name in new[] { "plain", "with space", "with\nbreak", @"with\backslash", "with\rreturn", "ünï ☃", "below/it" })
        {
            folder.Write(name, "a");
        }

        folder.Write("empty", string.Empty);
        ExampleResult result = ExampleProcess.Run("Quickstart", folder.Path, "--sums");

        Assert.Equal(0, result.ExitCode);
        Assert.Equal(
            [
                $"{DigestOfA}  below/it",
                $"{DigestOfNothing}  empty",
                $"{DigestOfA}  plain",
                $"{DigestOfA}  with space",
                $@"\{DigestOfA}  with\\backslash",
                $@"\{DigestOfA}  with\nbreak",
                $@"\{DigestOfA}  with\rreturn",
                $"{DigestOfA}  ünï ☃",
            ],
            result.Output.TrimEnd('\n').Split('\n').OrderBy(NameOf, StringComparer.Ordinal));
        Assert.Contains("Every request got exactly one answer", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Links_and_FIFOs_are_skipped()
    {
        using TemporaryFolder folder = new();
        folder.Write("file", "a");
        File.CreateSymbolicLink(Path.Combine(folder.Path, "link"), Path.Combine(folder.Path, "file"));
        Directory.CreateSymbolicLink(Path.Combine(folder.Path, "up"), "..");
        using (Process made = Process.Start("mkfifo", [Path.Combine(folder.Path, "fifo")]))
        {
            made.WaitForExit();
            Assert.Equal(0, made.ExitCode);
        }

        ExampleResult result = ExampleProcess.Run("Quickstart", folder.Path, "--json");

        Assert.Equal(0, result.ExitCode);
        Assert.Equal(1, result.Json.GetProperty("digested").GetInt32());
        Assert.Equal(3, result.Json.GetProperty("skipped").GetInt32());
    }

    [Fact]
    public void Every_completion_is_counted_on_its_owner_and_none_is_handed_over()
    {
        using TemporaryFolder folder = new();
        for (int i = 0; i < 200; i++)
        {
            folder.Write($"{i % 7}/{i}", new string('x', i * 100));
        }

        ExampleResult result = ExampleProcess.Run("Quickstart", folder.Path, "--loops", "2", "--kernel", "io_uring", "--json");

        Assert.Equal(0, result.ExitCode);
        Assert.True(result.Json.GetProperty("ok").GetBoolean());
        Assert.True(result.Json.GetProperty("everyRequestGotOneAnswer").GetBoolean());
        Assert.Equal(200, result.Json.GetProperty("digested").GetInt32());
        Assert.Equal(200, result.Json.GetProperty("questions").GetInt32());
        JsonElement[] loops = [.. result.Json.GetProperty("loops").EnumerateArray()];
        Assert.Equal(2, loops.Length);
        Assert.Equal(200, loops.Sum(l => l.GetProperty("files").GetInt64()));
        foreach (JsonElement loop in loops)
        {
            long requests = loop.GetProperty("requests").GetInt64();
            Assert.True(requests > 0);
            Assert.Equal(requests, loop.GetProperty("completions").GetInt64());
            Assert.Equal(requests, loop.GetProperty("completionsOnOwner").GetInt64());
            Assert.Equal(0, loop.GetProperty("handOffs").GetInt64());
        }
    }

    [Fact]
    public void The_comparison_has_figures_of_both_sides()
    {
        using TemporaryFolder folder = new();
        folder.Write("file", "a");
        ExampleResult result = ExampleProcess.Run("Quickstart", folder.Path, "--compare", "--json");

        Assert.Equal(0, result.ExitCode);
        JsonElement comparison = result.Json.GetProperty("comparison");
        Assert.True(comparison.GetProperty("rounds").GetInt32() > 1);
        Assert.True(comparison.GetProperty("dispatch").GetProperty("elapsedMs").GetDouble() > 0);
        Assert.True(comparison.GetProperty("dotNet").GetProperty("elapsedMs").GetDouble() > 0);
        Assert.Contains("voluntary context switches", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void An_empty_directory_is_done_at_once()
    {
        using TemporaryFolder folder = new();
        ExampleResult result = ExampleProcess.Run("Quickstart", folder.Path, "--sums");

        Assert.Equal(0, result.ExitCode);
        Assert.Empty(result.Output);
    }

    private static string NameOf(string line) => line[(line.IndexOf("  ", StringComparison.Ordinal) + 2)..];
}
