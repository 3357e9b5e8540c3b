namespace Dispatch;

/// <summary>
/// The lines of a growing file, as <c>tail -F</c> follows it: growth, truncation, and rotation (the file is renamed and another created under its name). Each line comes once, in order. <c>inotify(7)</c>; Linux 2.6.13.
/// </summary>
/// <remarks>
/// <para>A last line without its newline is held back until the newline comes, or the file has ended: it was cut, or the writer has begun the next one. A file is left when it was read to its end after the next one had got its first
/// byte; a writer that then still writes to the old one is not heard. Rotations that are faster than the reader are followed by their events, as long as the files stay in the directory until they are read;
/// one that was removed before it could be opened is counted in <see cref="Missed"/>.</para>
/// <para>A file that was cut and written again beyond its former length before anybody looked cannot be told from one that grew: rotate by renaming if no line may be lost. A symbolic link is followed when it is opened; rotation is seen in
/// the directory of the path that was given.</para>
/// <para>The stream ends when the tail is closed or the loop ends; with an error when the directory is gone, a read fails, or a line is too long. While nobody takes lines, nothing is read. Callbacks run on the owner.
/// The simulated kernel has no inotify.</para>
/// </remarks>
public sealed class FileTail : DispatchHandle
{
    private readonly TailLines lines;

    private FileTail(LoopEngine engine, OwnedDescriptor descriptor, string path, FileTailOptions options)
        : base(engine, descriptor)
    {
        Path = path;
        descriptor.Subject = path;
        lines = new TailLines(this, options);
    }

    /// <summary>Gets the path, made absolute.</summary>
    public string Path { get; }

    /// <summary>Gets the lines. One consumer at a time; the next goes on where the last one stopped.</summary>
    public LoopStream<FileLine> Lines => lines;

    /// <summary>Gets how many files have come after the first under the same name. Owner thread, or approximately.</summary>
    public long Rotations => lines.Rotation.Rotations;

    /// <summary>Gets how often the file was cut. Owner thread, or approximately.</summary>
    public long Truncations => lines.Truncations;

    /// <summary>Gets how many files were removed before they could be opened. Owner thread, or approximately.</summary>
    public long Missed => lines.Rotation.Missed;

    /// <summary>Opens a file to follow it. Any thread.</summary>
    /// <param name="path">The path of the file.</param>
    /// <param name="options">Options, or null for the defaults.</param>
    /// <param name="loop">The loop that will own it; by default the calling thread's.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The tail; close it.</returns>
    /// <exception cref="FileNotFoundException">There is no such file, and <see cref="FileTailOptions.WaitForFile"/> is not set.</exception>
    /// <exception cref="DirectoryNotFoundException">There is no such directory.</exception>
    /// <exception cref="NotSupportedException">The loop's kernel has no inotify.</exception>
    public static Task<FileTail> OpenAsync(string path, FileTailOptions? options = null, EventLoop? loop = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        string full = System.IO.Path.GetFullPath(path);
        if (System.IO.Path.GetFileName(full).Length == 0)
        {
            throw new ArgumentException($"'{path}' names no file.", nameof(path));
        }

        FileTailOptions chosen = (options ?? new FileTailOptions()).Checked();
        EventLoop owner = EventLoop.Required(loop);
        return owner.IsOwner ? OpenOnOwnerAsync(owner, full, chosen, cancellationToken) : owner.InvokeAsync(() => OpenOnOwnerAsync(owner, full, chosen, cancellationToken));
    }

    private protected override void OnClosing() => lines.Close();

    private static async Task<FileTail> OpenOnOwnerAsync(EventLoop owner, string path, FileTailOptions options, CancellationToken token)
    {
        OwnedDescriptor descriptor = WatcherCalls.Create(owner.Engine);
        FileTail? tail = null;
        try
        {
            tail = new FileTail(owner.Engine, descriptor, path, options);
            await tail.lines.BeginAsync(token);
            return tail;
        }
        catch
        {
            tail?.lines.CloseFiles();
            descriptor.CloseNow();
            throw;
        }
    }
}
