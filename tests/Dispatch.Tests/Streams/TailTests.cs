using System.Text;

namespace Dispatch.Tests.Streams;

/// <summary>Lines of growing, cut and rotated files.</summary>
public sealed class TailTests
{
    [Fact]
    public void Lines_come_when_their_newline_does() => OnLoop.Run(async loop =>
    {
        using TestFolder folder = new();
        File.WriteAllText(folder["log"], "old\n");
        await using FileTail tail = await FileTail.OpenAsync(folder["log"]);
        Taker<FileLine, string> taker = Taker.Lines();
        using IDisposable subscription = tail.Lines.Subscribe(taker);
        File.AppendAllText(folder["log"], "one\ntw");
        await Until(loop, () => taker.Items.Count == 1);
        File.AppendAllText(folder["log"], "o\n\nfour\r\n");
        await Until(loop, () => taker.Items.Count == 4);
        Assert.Equal(["one", "two", string.Empty, "four\r"], taker.Items);
    });

    [Fact]
    public void From_the_start_what_is_there_comes_first() => OnLoop.Run(async loop =>
    {
        using TestFolder folder = new();
        string[] lines = [.. Enumerable.Range(0, 20_000).Select(i => $"line {i} {new string('x', i % 200)}")];
        File.WriteAllLines(folder["log"], lines);
        await using FileTail tail = await FileTail.OpenAsync(folder["log"], new FileTailOptions { FromStart = true, ReadBytes = 1000 });
        int read = 0;
        await foreach (FileLine line in tail.Lines.ReadAllAsync())
        {
            Assert.Equal(lines[read++], line.ToString());
            if (read == lines.Length)
            {
                break;
            }
        }
    });

    [Fact]
    public void Rotation_loses_and_doubles_nothing_however_fast_it_is() => OnLoop.Run(async loop =>
    {
        const int Lines = 30_000;
        using TestFolder folder = new();
        File.WriteAllText(folder["log"], string.Empty);
        await using FileTail tail = await FileTail.OpenAsync(folder["log"]);
        Task<int> writing = Task.Run(() => WriteRotating(folder, Lines));
        int next = 0;
        await foreach (FileLine line in tail.Lines.ReadAllAsync())
        {
            Assert.Equal($"{next}", line.ToString());
            if (++next == Lines)
            {
                break;
            }
        }

        Assert.Equal(await writing, tail.Rotations);
        Assert.Equal(0, tail.Missed);
        Assert.Equal(0, tail.Truncations);
    });

    [Fact]
    public void Rotations_that_nobody_looked_at_are_followed_by_their_events() => OnLoop.Run(async loop =>
    {
        using TestFolder folder = new();
        File.WriteAllText(folder["log"], "0\n");
        await using FileTail tail = await FileTail.OpenAsync(folder["log"], new FileTailOptions { FromStart = true });
        for (int i = 1; i < 10; i++)
        {
            for (int n = i - 1; n >= 1; n--)
            {
                File.Move(folder[$"log.{n}"], folder[$"log.{n + 1}"]); // As logrotate does: each takes the next one's name.
            }

            File.Move(folder["log"], folder["log.1"]);
            File.WriteAllText(folder["log"], $"{i}\n");
        }

        Taker<FileLine, string> taker = Taker.Lines();
        using IDisposable subscription = tail.Lines.Subscribe(taker);
        await Until(loop, () => taker.Items.Count == 10);
        Assert.Equal(Enumerable.Range(0, 10).Select(i => $"{i}"), taker.Items);
        Assert.Equal(9, tail.Rotations);
    });

    [Fact]
    public void A_writer_that_finishes_the_old_file_after_the_new_one_was_made_is_heard() => OnLoop.Run(async loop =>
    {
        using TestFolder folder = new();
        File.WriteAllText(folder["log"], string.Empty);
        await using FileTail tail = await FileTail.OpenAsync(folder["log"]);
        Taker<FileLine, string> taker = Taker.Lines();
        using IDisposable subscription = tail.Lines.Subscribe(taker);
        using StreamWriter old = new(new FileStream(folder["log"], FileMode.Append, FileAccess.Write, FileShare.ReadWrite)) { AutoFlush = true };
        old.Write("1\n");
        await Until(loop, () => taker.Items.Count == 1);
        File.Move(folder["log"], folder["log.1"]);
        File.WriteAllText(folder["log"], string.Empty);
        await Turns(loop);
        old.Write("2\nno newline");
        await Until(loop, () => taker.Items.Count == 2);
        File.AppendAllText(folder["log"], "3\n");
        await Until(loop, () => taker.Items.Count == 4);
        Assert.Equal(["1", "2", "no newline", "3"], taker.Items);
    });

    [Fact]
    public void A_file_that_is_cut_is_read_from_its_beginning_again() => OnLoop.Run(async loop =>
    {
        using TestFolder folder = new();
        File.WriteAllText(folder["log"], "1\n2\nrest");
        await using FileTail tail = await FileTail.OpenAsync(folder["log"], new FileTailOptions { FromStart = true });
        Taker<FileLine, string> taker = Taker.Lines();
        using IDisposable subscription = tail.Lines.Subscribe(taker);
        await Until(loop, () => taker.Items.Count == 2);
        await Turns(loop);
        File.WriteAllText(folder["log"], string.Empty);
        await Until(loop, () => tail.Truncations == 1);
        File.AppendAllText(folder["log"], "3\n");
        await Until(loop, () => taker.Items.Count == 4);
        Assert.Equal(["1", "2", "rest", "3"], taker.Items);
    });

    [Fact]
    public void A_file_that_is_not_there_is_refused_or_waited_for() => OnLoop.Run(async loop =>
    {
        using TestFolder folder = new();
        Assert.Equal(folder["log"], (await Assert.ThrowsAsync<FileNotFoundException>(() => FileTail.OpenAsync(folder["log"]))).FileName);
        await Assert.ThrowsAsync<DirectoryNotFoundException>(() => FileTail.OpenAsync(folder["no/log"], new FileTailOptions { WaitForFile = true }));
        await Assert.ThrowsAsync<ArgumentException>(() => FileTail.OpenAsync("/"));
        await using FileTail tail = await FileTail.OpenAsync(folder["log"], new FileTailOptions { WaitForFile = true });
        Taker<FileLine, string> taker = Taker.Lines();
        using IDisposable subscription = tail.Lines.Subscribe(taker);
        await Turns(loop);
        File.WriteAllText(folder["other"], "no\n");
        File.WriteAllText(folder["log"], "yes\n");
        await Until(loop, () => taker.Items.Count == 1);
        File.Delete(folder["log"]);
        await Turns(loop);
        File.WriteAllText(folder["log"], "again\n");
        await Until(loop, () => taker.Items.Count == 2);
        Assert.Equal(["yes", "again"], taker.Items);
    });

    [Fact]
    public void An_endless_line_ends_the_stream_by_name_or_comes_in_pieces() => OnLoop.Run(async loop =>
    {
        using TestFolder folder = new();
        File.WriteAllText(folder["log"], "ok\n" + new string('x', 250) + "y\nend\n");
        await using FileTail failing = await FileTail.OpenAsync(folder["log"], new FileTailOptions { FromStart = true, MaxLineBytes = 100, ReadBytes = 64 });
        Taker<FileLine, string> taker = Taker.Lines();
        failing.Lines.Subscribe(taker);
        await Until(loop, () => taker.IsEnded);
        Assert.Equal(["ok"], taker.Items);
        Assert.Contains("begins at byte 3 is longer than 100 bytes", Assert.IsType<InvalidDataException>(taker.Error).Message, StringComparison.Ordinal);

        await using FileTail splitting = await FileTail.OpenAsync(folder["log"], new FileTailOptions { FromStart = true, MaxLineBytes = 100, ReadBytes = 64, LongLines = LongLine.Split });
        Taker<FileLine, (string, bool)> pieces = new(l => (l.ToString(), l.IsSplit));
        splitting.Lines.Subscribe(pieces);
        await Until(loop, () => pieces.Items.Count == 5);
        Assert.Equal([("ok", false), (new string('x', 100), true), (new string('x', 100), true), (new string('x', 50) + "y", false), ("end", false)], pieces.Items);
    });

    [Fact]
    public void A_line_is_over_when_OnNext_returns_or_the_next_is_asked_for() => OnLoop.Run(async loop =>
    {
        using TestFolder folder = new();
        File.WriteAllText(folder["log"], "1\n2\n3\n");
        await using FileTail tail = await FileTail.OpenAsync(folder["log"], new FileTailOptions { FromStart = true });
        Taker<FileLine, FileLine> taker = Taker.Of<FileLine>();
        IDisposable? subscription = null;
        taker.Then = _ => subscription!.Dispose();
        subscription = tail.Lines.Subscribe(taker);
        await Until(loop, () => taker.Items.Count == 1);
        Assert.Throws<ObjectDisposedException>(() => taker.Items[0].ToString());
        IAsyncEnumerator<FileLine> reader = tail.Lines.ReadAllAsync().GetAsyncEnumerator();
        Assert.True(await reader.MoveNextAsync());
        FileLine second = reader.Current;
        Assert.Equal("2", second.ToString());
        Assert.True(await reader.MoveNextAsync());
        Assert.Throws<ObjectDisposedException>(() => second.ToString());
        FileLine third = reader.Current;
        Assert.Equal("3", third.ToString());
        await reader.DisposeAsync();
        Assert.Throws<ObjectDisposedException>(() => third.ToString());
    });

    [Fact]
    public void Closing_at_any_point_leaves_nothing_open() => OnLoop.Run(async loop =>
    {
        using TestFolder folder = new();
        File.WriteAllText(folder["log"], "1\n2\n");
        for (int turns = 0; turns < 12; turns++)
        {
            FileTail tail = await FileTail.OpenAsync(folder["log"], new FileTailOptions { FromStart = true });
            Taker<FileLine, string> taker = Taker.Lines();
            tail.Lines.Subscribe(taker);
            await Turns(loop, turns);
            File.Move(folder["log"], folder["log.1"], overwrite: true);
            File.WriteAllText(folder["log"], "1\n2\n");
            await Turns(loop, turns);
            await tail.CloseAsync();
            await Turns(loop);
            Assert.True(taker.IsCompleted);
            Assert.Equal(0, OpenDescriptors.CountOf(folder["log"]) + OpenDescriptors.CountOf(folder["log.1"]));
        }
    });

    [Fact]
    public void A_directory_that_goes_ends_the_stream_with_an_error() => OnLoop.Run(async loop =>
    {
        using TestFolder folder = new();
        Directory.CreateDirectory(folder["logs"]);
        File.WriteAllText(folder["logs/log"], "1\nrest");
        await using FileTail tail = await FileTail.OpenAsync(folder["logs/log"], new FileTailOptions { FromStart = true });
        Taker<FileLine, string> taker = Taker.Lines();
        tail.Lines.Subscribe(taker);
        await Until(loop, () => taker.Items.Count == 1);
        Directory.Move(folder["logs"], folder["moved"]);
        await Until(loop, () => taker.IsEnded);
        Assert.Equal(["1", "rest"], taker.Items);
        Assert.Contains("was removed or renamed", taker.Error!.Message, StringComparison.Ordinal);
    });

    private static int WriteRotating(TestFolder folder, int lines)
    {
        int rotations = 0;
        FileStream log = new(folder["log"], FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        Random random = new(1);
        for (int i = 0; i < lines; i++)
        {
            byte[] line = Encoding.UTF8.GetBytes($"{i}\n");
            int cut = random.Next(0, line.Length); // A line may come in two writes.
            log.Write(line.AsSpan(0, cut));
            log.Write(line.AsSpan(cut));
            if (random.Next(100) == 0 && i < lines - 1)
            {
                rotations++;
                File.Move(folder["log"], folder[$"log.{rotations}"]);
                FileStream next = new(folder["log"], FileMode.CreateNew, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
                log.Dispose();
                log = next;
            }
        }

        log.Dispose();
        return rotations;
    }

    private static async Task Turns(EventLoop loop, int count = 10)
    {
        for (int i = 0; i < count; i++)
        {
            await loop.ExecuteAsync(IoRequest.Nop());
        }
    }

    private static async Task Until(EventLoop loop, Func<bool> condition)
    {
        long start = Environment.TickCount64;
        while (!condition())
        {
            await loop.DelayAsync(TimeSpan.FromMilliseconds(0.2));
            Assert.True(Environment.TickCount64 - start < OnLoop.Guard.TotalMilliseconds / 2, "What was waited for did not come.");
        }
    }
}
