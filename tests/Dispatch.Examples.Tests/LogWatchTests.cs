using System.Text;
using System.Text.Json;

namespace Dispatch.Examples.Tests;

/// <summary>The watcher of logs, its output in a pipe.</summary>
public sealed class LogWatchTests
{
    [Theory]
    [InlineData("io_uring")]
    [InlineData("aio")]
    public void Every_line_of_a_file_that_is_rotated_under_load_is_seen_once_and_in_order(string kernel)
    {
        const int Lines = 20_000;
        using TemporaryFolder folder = new();
        folder.Write("log", "begin\n");
        string path = Path.Combine(folder.Path, "log");
        using ExampleProcess watch = ExampleProcess.Start("LogWatch", path, "--from-start", "--json", "--kernel", kernel);
        Assert.Equal("begin", watch.NextLine); // It follows the file from here on, whatever becomes of it.
        int rotations = 0;
        Thread writer = new(() => rotations = WriteRotating(path, Lines));
        writer.Start();
        for (int i = 0; i < Lines; i++)
        {
            Assert.Equal($"line {i}", watch.NextLine);
        }

        writer.Join();
        watch.Terminate();
        ExampleResult result = watch.WaitForEnd();

        Assert.Equal(0, result.ExitCode);
        JsonElement file = result.Json.GetProperty("files")[0];
        Assert.Equal((Lines + 1, Lines + 1, rotations), (file.GetProperty("lines").GetInt32(), file.GetProperty("matched").GetInt32(), file.GetProperty("rotations").GetInt32()));
        Assert.Single(result.Output.TrimEnd('\n').Split('\n')); // Nothing came behind the last line but the summary.
        Assert.StartsWith($"{path}: {Lines + 1} of {Lines + 1} lines matched", result.ErrorLines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void Only_what_matches_is_printed_and_each_line_says_of_which_file_it_is()
    {
        using TemporaryFolder folder = new();
        folder.Write("a", "error: 1\nfine\nerror: 2\n");
        folder.Write("b", "error: 3\n");
        string a = Path.Combine(folder.Path, "a");
        string b = Path.Combine(folder.Path, "b");
        using ExampleProcess watch = ExampleProcess.Start("LogWatch", a, b, "--from-start", "--match", "^error: [0-9]$");
        string?[] lines = [watch.NextLine, watch.NextLine, watch.NextLine];
        File.AppendAllText(b, "no error: 4\nerror: 5\n");
        string? last = watch.NextLine;
        watch.Terminate();
        ExampleResult result = watch.WaitForEnd();

        Assert.Equal([$"{a}: error: 1", $"{a}: error: 2", $"{b}: error: 3"], lines.Order(StringComparer.Ordinal));
        Assert.Equal($"{b}: error: 5", last);
        Assert.Equal(0, result.ExitCode);
        Assert.Empty(result.Output);
        Assert.Contains("2 of 3 lines matched", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_directory_that_goes_is_one_line_that_says_what_to_do()
    {
        using TemporaryFolder folder = new();
        folder.Write("logs/log", "1\n");
        string path = Path.Combine(folder.Path, "logs/log");
        using ExampleProcess watch = ExampleProcess.Start("LogWatch", path, "--from-start");
        Assert.Equal("1", watch.NextLine);
        Directory.Move(Path.Combine(folder.Path, "logs"), Path.Combine(folder.Path, "moved"));
        ExampleResult result = watch.WaitForEnd();

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("Follow the file where it is now", result.ErrorLines[^1], StringComparison.Ordinal);
    }

    private static int WriteRotating(string path, int lines)
    {
        int rotations = 0;
        FileStream log = Open(path);
        for (int i = 0; i < lines; i++)
        {
            log.Write(Encoding.UTF8.GetBytes($"line {i}\n"));
            if (i % 250 == 249 && i < lines - 1)
            {
                File.Move(path, $"{path}.{++rotations}");
                log.Dispose();
                log = Open(path);
            }
        }

        log.Dispose();
        return rotations;
    }

    private static FileStream Open(string path) => new(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
}
