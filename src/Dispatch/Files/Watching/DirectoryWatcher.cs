namespace Dispatch;

/// <summary>
/// The changes in one directory (not in those below it), or to one file, as a stream. <c>inotify(7)</c>; Linux 2.6.13. Watching begins when the watcher is made: changes from then on wait in the kernel until somebody consumes, in order.
/// </summary>
/// <remarks>
/// <para>The two halves of a move inside the directory come as one item. When more happens than the kernel's queue holds (fs.inotify.max_queued_events), an item of <see cref="FileChangeKind.Overflow"/> says that events were lost.</para>
/// <para>With <see cref="StreamOverflow.Pause"/> a slow reader leaves changes in the kernel's queue; with <see cref="StreamOverflow.DropOldest"/> they are dropped here and counted. The stream ends after the item that
/// says that the directory itself is gone (its file system unmounted, or it removed), when the watcher is closed, or the loop ends. Callbacks run on the owner.</para>
/// <para>Names that are not UTF-8 have replacement characters. The simulated kernel has no inotify.</para>
/// </remarks>
public sealed class DirectoryWatcher : DispatchHandle
{
    private readonly DirectoryChanges changes;

    private DirectoryWatcher(LoopEngine engine, OwnedDescriptor descriptor, string path, StreamOptions options)
        : base(engine, descriptor)
    {
        Path = path;
        descriptor.Subject = path;
        changes = new DirectoryChanges(this, options);
    }

    /// <summary>Gets what is watched.</summary>
    public string Path { get; }

    /// <summary>Gets the changes. One consumer at a time; the next goes on where the last one stopped.</summary>
    public LoopStream<FileChange> Changes => changes;

    /// <summary>Watches a directory or a file. Any thread.</summary>
    /// <param name="path">The path; it has to exist.</param>
    /// <param name="kinds">What to report.</param>
    /// <param name="options">How a slow reader is treated; changes may be dropped.</param>
    /// <param name="loop">The loop that will own it; by default the calling thread's.</param>
    /// <returns>The watcher; close it.</returns>
    /// <exception cref="DirectoryNotFoundException">There is no such path.</exception>
    /// <exception cref="IOException">The user has no watches left; the message names the limit.</exception>
    /// <exception cref="NotSupportedException">The loop's kernel has no inotify.</exception>
    public static DirectoryWatcher Watch(string path, FileChangeKind kinds = FileChangeKind.All, StreamOptions? options = null, EventLoop? loop = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if ((kinds & FileChangeKind.All & ~(FileChangeKind.Self | FileChangeKind.Overflow)) == 0)
        {
            throw new ArgumentException("Name at least one kind of change to report.", nameof(kinds));
        }

        StreamOptions chosen = (options ?? StreamOptions.Default).Checked(mayDrop: true, "Changes");
        LoopEngine engine = EventLoop.Required(loop).Engine;
        OwnedDescriptor descriptor = WatcherCalls.Create(engine);
        try
        {
            WatcherCalls.Add(engine, descriptor.Number, path, MaskOf(kinds));
            return new DirectoryWatcher(engine, descriptor, path, chosen);
        }
        catch
        {
            descriptor.CloseNow();
            throw;
        }
    }

    private protected override void OnClosing() => changes.Close();

    private static uint MaskOf(FileChangeKind kinds)
    {
        uint mask = InotifyAbi.IN_DELETE_SELF | InotifyAbi.IN_MOVE_SELF;
        mask |= kinds.HasFlag(FileChangeKind.Created) ? InotifyAbi.IN_CREATE : 0;
        mask |= kinds.HasFlag(FileChangeKind.Deleted) ? InotifyAbi.IN_DELETE : 0;
        mask |= kinds.HasFlag(FileChangeKind.Modified) ? InotifyAbi.IN_MODIFY : 0;
        mask |= kinds.HasFlag(FileChangeKind.Written) ? InotifyAbi.IN_CLOSE_WRITE : 0;
        mask |= kinds.HasFlag(FileChangeKind.Attributes) ? InotifyAbi.IN_ATTRIB : 0;
        mask |= kinds.HasFlag(FileChangeKind.Moved) ? InotifyAbi.IN_MOVED_FROM | InotifyAbi.IN_MOVED_TO : 0;
        return mask;
    }
}
