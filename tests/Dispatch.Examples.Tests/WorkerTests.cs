using System.Diagnostics;

namespace Dispatch.Examples.Tests;

/// <summary>The hosted service that moves spooled files into segments.</summary>
public sealed class WorkerTests : IDisposable
{
    private static readonly TimeSpan Guard = TimeSpan.FromMinutes(2);
    private readonly DirectoryInfo root = Directory.CreateTempSubdirectory("dispatch-worker-");
    private readonly string spool;
    private readonly string segments;

    public WorkerTests()
    {
        spool = root.CreateSubdirectory("spool").FullName;
        segments = Path.Combine(root.FullName, "out");
    }

    public void Dispose() => root.Delete(recursive: true);

    [Fact]
    public async Task Every_file_is_stored_once_though_the_worker_is_killed_again_and_again()
    {
        const int Files = 3000;
        const int Kills = 6;
        using SemaphoreSlim gone = new(0);
        using FileSystemWatcher watcher = new(spool) { InternalBufferSize = 65_536 };
        watcher.Deleted += (_, _) => gone.Release();
        watcher.EnableRaisingEvents = true;
        Task producing = Task.Run(() =>
        {
            for (int i = 0; i < Files; i++)
            {
                Put($"record-{i:D5}");
            }
        });
        Random random = new(7);
        for (int kill = 0; kill < Kills; kill++)
        {
            using ExampleProcess worker = ExampleProcess.Start("Worker", spool, segments, "--segment-size", "1", "--batch", "16");
            int until = random.Next(1, 200);
            for (int i = 0; i < until; i++)
            {
                Assert.True(await gone.WaitAsync(Guard), "The worker stores nothing.");
            }

            worker.Kill();
        }

        await producing;
        Assert.Equal(0, ExampleProcess.Run("Worker", spool, segments, "--segment-size", "1", "--until-empty").ExitCode);
        Assert.Empty(Directory.GetFiles(spool));
        string[] stored = Stored();
        Assert.Equal(Enumerable.Range(0, Files).Select(i => $"{Content($"record-{i:D5}").Length}  record-{i:D5}"), stored.Order(StringComparer.Ordinal).Select(LengthAndName).OrderBy(s => s.Split(' ')[^1], StringComparer.Ordinal));
        Assert.True(Directory.GetFiles(segments).Length > 1, "The segments have to be so small that there are several.");
    }

    [Fact]
    public void A_record_that_was_stored_and_not_yet_removed_is_not_stored_twice_and_a_new_file_of_its_name_is()
    {
        Put("one");
        Put("two");
        RunUntilEmpty();
        Put("one");
        Put("two", "other content");
        RunUntilEmpty();
        Assert.Equal(["one", "two", "two"], Stored().Select(s => s.Split("  ")[^1]).Order());
    }

    [Fact]
    public void A_torn_end_is_reported_and_the_next_run_cuts_it_off()
    {
        Put("one");
        RunUntilEmpty();
        string segment = Assert.Single(Directory.GetFiles(segments));
        byte[] whole = File.ReadAllBytes(segment);
        File.AppendAllText(segment, "DREC and then the power went");
        ExampleResult torn = ExampleProcess.Run("Worker", spool, segments, "--verify", "--json");
        Assert.Equal(1, torn.ExitCode);
        Assert.Contains("after the last whole record", torn.Json.GetProperty("damage")[0].GetString());
        Put("two");
        RunUntilEmpty();
        Assert.Equal(["one", "two"], Stored().Select(s => s.Split("  ")[^1]).Order());
        Assert.Equal(whole, File.ReadAllBytes(segment)[..whole.Length]);
    }

    [Fact]
    public void A_flipped_bit_is_found()
    {
        Put("one");
        Put("two");
        RunUntilEmpty();
        string segment = Assert.Single(Directory.GetFiles(segments));
        byte[] bytes = File.ReadAllBytes(segment);
        bytes[40] ^= 4;
        File.WriteAllBytes(segment, bytes);
        ExampleResult result = ExampleProcess.Run("Worker", spool, segments, "--verify");
        Assert.Equal(1, result.ExitCode);
        Assert.Contains(segment, result.Output);
    }

    [Fact]
    public void What_is_no_plain_file_and_what_is_not_whole_yet_stays_where_it_is()
    {
        using (Process fifo = Process.Start("mkfifo", [Path.Combine(spool, "fifo")]))
        {
            fifo.WaitForExit();
        }

        File.CreateSymbolicLink(Path.Combine(spool, "link"), "/etc/passwd");
        Put("half.tmp");
        Put(".hidden");
        Put("one");
        RunUntilEmpty();
        Assert.Equal(["one"], Stored().Select(s => s.Split("  ")[^1]));
        Assert.Equal([".hidden", "fifo", "half.tmp", "link"], Directory.GetFileSystemEntries(spool).Select(p => Path.GetFileName(p)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_signal_ends_it_with_0()
    {
        Put("one");
        using FileSystemWatcher watcher = new(spool);
        TaskCompletionSource stored = new(TaskCreationOptions.RunContinuationsAsynchronously);
        watcher.Deleted += (_, _) => stored.TrySetResult();
        watcher.EnableRaisingEvents = true;
        using ExampleProcess worker = ExampleProcess.Start("Worker", spool, segments);
        await stored.Task.WaitAsync(Guard);
        worker.Terminate();
        ExampleResult result = worker.WaitForEnd();
        Assert.Equal(0, result.ExitCode);
        Assert.Contains("1 records stored", result.Output);
    }

    [Theory]
    [InlineData("is no folder", "/nowhere/spool", "/tmp")]
    [InlineData("--json goes with --verify", "/tmp", "/tmp", "--json")]
    [InlineData("--batch takes a number from 1 to 512", "/tmp", "/tmp", "--batch", "0")]
    public void Bad_arguments_end_with_2_and_say_what_to_do(string expected, params string[] arguments)
    {
        ExampleResult result = ExampleProcess.Run("Worker", arguments);
        Assert.Equal(2, result.ExitCode);
        Assert.Contains(expected, result.Error);
    }

    private static string LengthAndName(string line) => line[(line.IndexOf("  ", StringComparison.Ordinal) + 2)..];

    private static string Content(string name) => string.Concat(Enumerable.Repeat(name, name.Sum(c => c) % 97));

    private void Put(string name, string? content = null)
    {
        string hidden = Path.Combine(spool, "." + name + ".tmp");
        File.WriteAllText(hidden, content ?? Content(name));
        File.Move(hidden, Path.Combine(spool, name));
    }

    private void RunUntilEmpty()
    {
        ExampleResult result = ExampleProcess.Run("Worker", spool, segments, "--until-empty");
        Assert.True(result.ExitCode == 0, result.Error);
    }

    private string[] Stored()
    {
        ExampleResult result = ExampleProcess.Run("Worker", spool, segments, "--verify", "--list");
        Assert.True(result.ExitCode == 0, result.Output);
        return [.. result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(line => line.Contains("  ", StringComparison.Ordinal))];
    }
}
