namespace Dispatch;

/// <summary>
/// Requests one after the other, where the next depends on what the last one brought: functions that run on the owner make it (<see cref="Then(Func{long, IoRequest})"/>). Each step is submitted when the one before it has ended, so
/// that any request can be a step, on every kernel. Where all steps are known beforehand, a <see cref="RequestList"/> of linked requests takes one round trip for all of them, as <see cref="ReadFile"/> does.
/// </summary>
/// <remarks>
/// Built once, on any thread, and run as often as wanted, one run at a time; on the same loop a run allocates nothing. A step that fails cancels those behind it, but for those added by <see cref="Finally"/>; each has one result. A short
/// read or write is no failure here: the next function sees the count.
/// </remarks>
public sealed class Chain
{
    private ChainOperation? operation;

    private Chain()
    {
    }

    /// <summary>Gets the number of steps.</summary>
    public int Count => Steps.Count;

    internal List<ChainStep> Steps { get; } = [];

    /// <summary>Gets what a step of the present or last run came to: −ECANCELED for one that was not begun. Owner thread only; throws <see cref="InvalidOperationException"/> for a step that has not ended.</summary>
    /// <param name="step">The step, from 0.</param>
    /// <returns>Its completion.</returns>
    public Completion this[int step]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)step, (uint)Steps.Count, nameof(step));
            return operation?.ResultOf(step) ?? throw new InvalidOperationException("The chain has not run.");
        }
    }

    /// <summary>Begins a chain.</summary>
    /// <param name="first">Its first request.</param>
    /// <returns>The chain.</returns>
    public static Chain Start(in IoRequest first) => new Chain().Then(first);

    /// <summary>
    /// Prepares to read a whole file, as often as wanted: see <see cref="ReadFileAsync(string, EventLoop, CancellationToken)"/>.
    /// </summary>
    /// <param name="path">The path.</param>
    /// <returns>The prepared chain.</returns>
    public static FileChain ReadFile(string path) => new(path);

    /// <summary>
    /// Reads a whole file in one round trip: open, read and close are one chain in one enter, in a slot of the loop's own table. For small files: what is over 16 KiB takes a second look. Files of /proc, and those that grow meanwhile, are read until
    /// a read finds their end. Linux 5.17; on other kernels step by step. <c>openat(2)</c>, <c>read(2)</c>.
    /// </summary>
    /// <param name="path">The path; relative to the current directory.</param>
    /// <param name="loop">The loop; by default the calling thread's.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The content, in a buffer of the loop's; dispose it.</returns>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read, or is a directory.</exception>
    /// <exception cref="IOException">It is a FIFO or a socket; or another error, named in the message.</exception>
    public static ValueTask<FileContent> ReadFileAsync(string path, EventLoop? loop = null, CancellationToken cancellationToken = default) => ReadAsync(path, null, loop, cancellationToken);

    /// <summary>
    /// Reads a whole file into a buffer, in one round trip and without allocating; see <see cref="ReadFileAsync(string, EventLoop, CancellationToken)"/>.
    /// </summary>
    /// <param name="path">The path; relative to the current directory.</param>
    /// <param name="buffer">Where to; the kernel's until the task ends.</param>
    /// <param name="loop">The loop; by default the calling thread's.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The number of bytes.</returns>
    /// <exception cref="IOException">The file has more bytes than the buffer (EFBIG); or as above.</exception>
    public static ValueTask<int> ReadFileAsync(string path, Memory<byte> buffer, EventLoop? loop = null, CancellationToken cancellationToken = default) => ReadAsync(path, null, buffer, loop, cancellationToken);

    /// <summary>Adds a request that is made when the step before it has succeeded.</summary>
    /// <param name="request">The request.</param>
    /// <returns>The chain.</returns>
    public Chain Then(in IoRequest request)
    {
        VerifyIdle();
        Steps.Add(new ChainStep(request));
        return this;
    }

    /// <summary>Adds a step that is made of the result of the one before it, when that has succeeded.</summary>
    /// <param name="next">Makes the request. Runs on the owner. What it throws goes to who awaits the run.</param>
    /// <returns>The chain.</returns>
    public Chain Then(Func<long, IoRequest> next)
    {
        ArgumentNullException.ThrowIfNull(next);
        VerifyIdle();
        Steps.Add(new ChainStep(next));
        return this;
    }

    /// <summary>Adds a step that is done in any case, also when a step before it failed or the run was cancelled: what closes what was opened. Its success is not the run's result.</summary>
    /// <param name="last">Makes the request, or returns null when there is nothing to be done. Runs on the owner; <see cref="this[int]"/> tells what the steps before it came to.</param>
    /// <returns>The chain.</returns>
    public Chain Finally(Func<Chain, IoRequest?> last)
    {
        ArgumentNullException.ThrowIfNull(last);
        VerifyIdle();
        Steps.Add(new ChainStep(last));
        return this;
    }

    /// <summary>Runs the chain and awaits the result of its last step. Any thread; on the owner it resumes on the owner and nothing is allocated.</summary>
    /// <param name="loop">The loop; by default the calling thread's.</param>
    /// <param name="cancellationToken">Cancels the step in flight and those behind it, but for those added by <see cref="Finally"/>.</param>
    /// <returns>The result of the last step that was not added by <see cref="Finally"/>.</returns>
    /// <exception cref="InvalidOperationException">A run is on, or the result of the last one was not awaited.</exception>
    /// <exception cref="IOException">A step failed: the first that did is explained, as <see cref="EventLoop.ExecuteAsync"/> does.</exception>
    public ValueTask<long> RunAsync(EventLoop? loop = null, CancellationToken cancellationToken = default)
    {
        EventLoop owner = EventLoop.Required(loop);
        if (!owner.IsOwner)
        {
            return new ValueTask<long>(RunFromAbroadAsync(owner, cancellationToken));
        }

        ChainOperation started = Begin(owner, cancellationToken);
        return new ValueTask<long>(started, started.Version);
    }

    /// <summary>Runs the chain and awaits its completion: that of the last step, or of the first that failed, which is not thrown. See <see cref="RunAsync"/>.</summary>
    /// <param name="loop">The loop; by default the calling thread's.</param>
    /// <param name="cancellationToken">Cancels the step in flight and those behind it, but for those added by <see cref="Finally"/>.</param>
    /// <returns>The completion.</returns>
    public ValueTask<Completion> CompleteAsync(EventLoop? loop = null, CancellationToken cancellationToken = default)
    {
        EventLoop owner = EventLoop.Required(loop);
        if (!owner.IsOwner)
        {
            return new ValueTask<Completion>(CompleteFromAbroadAsync(owner, cancellationToken));
        }

        ChainOperation started = Begin(owner, cancellationToken);
        return new ValueTask<Completion>(started, started.Version);
    }

    internal static ValueTask<FileContent> ReadAsync(string path, byte[]? encoded, EventLoop? loop, CancellationToken token)
    {
        EventLoop owner = EventLoop.Required(loop);
        if (!owner.IsOwner)
        {
            return new ValueTask<FileContent>(ReadFromAbroadAsync(path, encoded, owner, token));
        }

        if (token.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<FileContent>(token);
        }

        FileRead read = Rent(owner);
        read.Begin(path, encoded, null, token);
        return new ValueTask<FileContent>(read, read.Version);
    }

    internal static ValueTask<int> ReadAsync(string path, byte[]? encoded, Memory<byte> buffer, EventLoop? loop, CancellationToken token)
    {
        EventLoop owner = EventLoop.Required(loop);
        if (!owner.IsOwner)
        {
            return new ValueTask<int>(ReadFromAbroadAsync(path, encoded, buffer, owner, token));
        }

        if (token.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<int>(token);
        }

        FileRead read = Rent(owner);
        read.Begin(path, encoded, buffer, token);
        return new ValueTask<int>(read, read.Version);
    }

    private static FileRead Rent(EventLoop owner)
    {
        owner.Engine.VerifyOpen();
        return owner.Engine.Files.Rent();
    }

    /// <summary>Methods of their own, because their closures would be allocated for callers on the owner too.</summary>
    private static Task<FileContent> ReadFromAbroadAsync(string path, byte[]? encoded, EventLoop owner, CancellationToken token) =>
        owner.InvokeAsync(() => ReadAsync(path, encoded, owner, token).AsTask());

    private static Task<int> ReadFromAbroadAsync(string path, byte[]? encoded, Memory<byte> buffer, EventLoop owner, CancellationToken token) =>
        owner.InvokeAsync(() => ReadAsync(path, encoded, buffer, owner, token).AsTask());

    private Task<long> RunFromAbroadAsync(EventLoop owner, CancellationToken token) => owner.InvokeAsync(() => RunAsync(owner, token).AsTask());

    private Task<Completion> CompleteFromAbroadAsync(EventLoop owner, CancellationToken token) => owner.InvokeAsync(() => CompleteAsync(owner, token).AsTask());

    private ChainOperation Begin(EventLoop owner, CancellationToken token)
    {
        owner.Engine.VerifyOpen();
        VerifyIdle();
        if (operation is null || !ReferenceEquals(operation.Engine, owner.Engine))
        {
            operation = new ChainOperation(owner.Engine, this);
        }

        operation.Begin(token);
        return operation;
    }

    private void VerifyIdle()
    {
        if (operation is { IsRunning: true })
        {
            throw new InvalidOperationException("The chain is running, or the result of its last run was not awaited. It runs once at a time: await it, or build a second one.");
        }
    }
}
