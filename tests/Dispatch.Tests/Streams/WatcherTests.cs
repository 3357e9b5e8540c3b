namespace Dispatch.Tests.Streams;

/// <summary>Changes in directories.</summary>
public sealed class WatcherTests
{
    [Fact]
    public void Each_change_is_told_once_and_a_move_is_one_item() => OnLoop.Run(async loop =>
    {
        using TestFolder folder = new();
        using TestFolder elsewhere = new();
        File.WriteAllText(elsewhere["old"], "x");
        await using DirectoryWatcher watcher = DirectoryWatcher.Watch(folder.Path, loop: loop);
        File.WriteAllText(folder["a"], "x");
        File.Move(folder["a"], folder["b"]);
        File.Move(folder["b"], elsewhere["b"]);
        File.Move(elsewhere["old"], folder["c"]);
        Directory.CreateDirectory(folder["d"]);
        File.Delete(folder["c"]);
        await using IAsyncEnumerator<FileChange> reader = watcher.Changes.ReadAllAsync().GetAsyncEnumerator();
        foreach (FileChange expected in (FileChange[])[
            new(FileChangeKind.Created, "a"),
            new(FileChangeKind.Modified, "a"),
            new(FileChangeKind.Written, "a"),
            new(FileChangeKind.Moved, "b", "a"),
            new(FileChangeKind.Moved, null, "b"),
            new(FileChangeKind.Moved, "c"),
            new(FileChangeKind.Created, "d", null, true),
            new(FileChangeKind.Deleted, "c"),
        ])
        {
            Assert.True(await reader.MoveNextAsync());
            Assert.Equal(expected, reader.Current);
        }
    });

    [Fact]
    public void Who_subscribes_again_gets_what_happened_between() => OnLoop.Poll(loop =>
    {
        using TestFolder folder = new();
        DirectoryWatcher watcher = DirectoryWatcher.Watch(folder.Path, FileChangeKind.Created, loop: loop);
        Taker<FileChange, FileChange> first = Taker.Of<FileChange>();
        IDisposable subscription = watcher.Changes.Subscribe(first);
        File.WriteAllText(folder["1"], string.Empty);
        OnLoop.Until(loop, () => first.Items.Count == 1);
        subscription.Dispose();
        File.WriteAllText(folder["2"], string.Empty);
        File.WriteAllText(folder["3"], string.Empty);
        for (int i = 0; i < 10; i++)
        {
            loop.Poll();
        }

        Taker<FileChange, string?> second = new(c => c.Name);
        watcher.Changes.Subscribe(second);
        OnLoop.Until(loop, () => second.Items.Count == 2);
        Assert.Equal(["2", "3"], second.Items);
        Assert.Single(first.Items);
        OnLoop.Drive(loop, () => watcher.CloseAsync());
        OnLoop.Until(loop, () => second.IsCompleted);
    });

    [Fact]
    public void A_queue_that_overflows_in_the_kernel_says_so() => OnLoop.Poll(loop =>
    {
        using TestFolder folder = new();
        int limit = int.Parse(File.ReadAllText("/proc/sys/fs/inotify/max_queued_events"), System.Globalization.CultureInfo.InvariantCulture);
        Assert.SkipWhen(limit > 100_000, $"fs.inotify.max_queued_events is {limit}: filling it would take too long.");
        DirectoryWatcher watcher = DirectoryWatcher.Watch(folder.Path, FileChangeKind.Attributes | FileChangeKind.Created | FileChangeKind.Deleted, loop: loop);
        for (int i = 0; i <= limit / 2; i++)
        {
            File.WriteAllText(folder["f"], string.Empty);
            File.Delete(folder["f"]);
        }

        Taker<FileChange, FileChangeKind> taker = new(c => c.Kind);
        watcher.Changes.Subscribe(taker);
        OnLoop.Until(loop, () => taker.Items.Contains(FileChangeKind.Overflow));
        Assert.Equal(limit, taker.Items.Count - 1);
        OnLoop.Drive(loop, () => watcher.CloseAsync());
    });

    [Fact]
    public void The_end_of_the_directory_is_an_item_and_the_end() => OnLoop.Poll(loop =>
    {
        using TestFolder folder = new();
        Directory.CreateDirectory(folder["sub"]);
        DirectoryWatcher watcher = DirectoryWatcher.Watch(folder["sub"], loop: loop);
        Taker<FileChange, FileChangeKind> taker = new(c => c.Kind);
        watcher.Changes.Subscribe(taker);
        loop.Poll();
        Directory.Delete(folder["sub"]);
        OnLoop.Until(loop, () => taker.IsEnded);
        Assert.Equal(FileChangeKind.Self, taker.Items[^1]);
        Assert.True(taker.IsCompleted);
        OnLoop.Drive(loop, () => watcher.CloseAsync());
    });

    [Fact]
    public void A_path_that_is_not_there_is_refused_by_name_and_leaves_nothing_open() => OnLoop.Poll(loop =>
    {
        using TestFolder folder = new();
        Assert.Contains(folder["no"], Assert.Throws<DirectoryNotFoundException>(() => DirectoryWatcher.Watch(folder["no"], loop: loop)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>("kinds", () => DirectoryWatcher.Watch(folder.Path, FileChangeKind.Self, loop: loop));
        Assert.Throws<InvalidOperationException>(() => OnLoop.OnThread(() => DirectoryWatcher.Watch(folder.Path)));
    });
}
