using System.Collections;
using System.Runtime.InteropServices;

namespace Dispatch;

/// <summary>
/// Requests that are submitted together, in one go, and whose ends any thread can wait for: each entry has a futex word, 32 bits that hold <see cref="int.MinValue"/> until it has ended and then its result, and one counter
/// says how many are pending. Any mix of requests; those linked to each other (<see cref="IoRequest.Link"/>) are chains, which reach the kernel in one enter. Completed by the loop, one completion an entry, exactly once.
/// </summary>
/// <remarks>
/// <para>Thread: made, changed and submitted by one thread at a time, on any thread (<see cref="EventLoop.Submit(RequestList)"/>). Waits, polls and cancels come from any thread, waits not from the list's own loop: await
/// there. Lifetime: it may be submitted again, to any loop, once all entries have ended; on the same loop that allocates nothing. Dispose it when it is no longer needed.</para>
/// <para>The words, for those who wait without this class (another process, say): at <see cref="WordsAddress"/> the number of pending entries, behind it how many sleep until some have ended and how many until all have, then the
/// number of the run; 64 bytes further, for each entry, its word and how many sleep on it. 32 bits each. A waiter adds one to the sleepers (atomically, with a full fence), looks at the word again, sleeps by FUTEX_WAIT while that is
/// <see cref="int.MinValue"/>, and takes the one off again. The loop wakes only words that have sleepers.</para>
/// </remarks>
public sealed class RequestList : IReadOnlyList<RequestListEntry>, IDisposable
{
    /// <summary>How many requests a list takes.</summary>
    public const int MaxCount = 65_536;

    private readonly ListCore core = new();
    private int disposed;

    /// <summary>Initializes a new instance of the <see cref="RequestList"/> class whose words are for threads of this process.</summary>
    public RequestList()
    {
    }

    /// <summary>
    /// Initializes a new instance of the <see cref="RequestList"/> class whose words are in memory that other processes may map: a view of a <see cref="System.IO.MemoryMappedFiles.MemoryMappedFile"/>, say. The list clears it,
    /// and holds the view until it is disposed and nothing is in flight.
    /// </summary>
    /// <param name="memory">The memory: 64 bytes and 8 a request.</param>
    /// <param name="offset">Where the words begin in it, in bytes; a multiple of 4.</param>
    public RequestList(SafeBuffer memory, long offset = 0) => core.UseWords(ListWords.Over(memory, offset));

    /// <summary>Finalizes an instance of the <see cref="RequestList"/> class.</summary>
    /// <remarks>One that was forgotten in flight runs to its end, and is nobody's then.</remarks>
    ~RequestList() => Leave();

    /// <summary>Gets how many requests it has.</summary>
    public int Count => core.Requests.Count;

    /// <summary>Gets a value indicating whether every entry has ended. False before the first submit.</summary>
    public bool IsCompleted => core.WasSubmitted && core.EndedCount == Count && Count != 0;

    /// <summary>Gets how many entries have ended since the last submit.</summary>
    public int EndedCount => core.WasSubmitted ? core.EndedCount : 0;

    /// <summary>Gets the address of the counter, the number of pending entries, and behind it of all the words.</summary>
    public nint WordsAddress
    {
        get
        {
            VerifyNotDisposed();
            return Words().Address;
        }
    }

    /// <summary>Gets an entry.</summary>
    /// <param name="index">Its place, from 0.</param>
    /// <returns>The entry.</returns>
    public RequestListEntry this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Count, nameof(index));
            return new RequestListEntry(this, index);
        }
    }

    /// <summary>Adds a request, between runs.</summary>
    /// <param name="request">The request: not a multishot one.</param>
    public void Add(in IoRequest request)
    {
        VerifyChangeable();
        core.Requests.Add(request);
    }

    /// <summary>Puts another request in the place of one, between runs.</summary>
    /// <param name="index">The place.</param>
    /// <param name="request">The request.</param>
    public void Replace(int index, in IoRequest request)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Count, nameof(index));
        VerifyChangeable();
        core.Requests.Replace(index, request);
    }

    /// <summary>Takes all requests out, between runs.</summary>
    public void Clear()
    {
        VerifyChangeable();
        core.Requests.Clear();
    }

    /// <summary>
    /// Sleeps until all entries have ended or the time is over. Any thread but the owner.
    /// </summary>
    /// <param name="timeout">The longest wait; <see cref="Timeout.InfiniteTimeSpan"/> for no limit.</param>
    /// <returns>Whether all have ended.</returns>
    /// <exception cref="InvalidOperationException">The list was not submitted; or the caller is the owner, which would wait for itself.</exception>
    public bool WaitAll(TimeSpan timeout) => WaitUntilPending(0, timeout);

    /// <summary>Sleeps until all entries have ended. Any thread but the owner.</summary>
    public void WaitAll() => WaitUntilPending(0, Timeout.InfiniteTimeSpan);

    /// <summary>Sleeps until an entry has ended or the time is over. Any thread but the owner.</summary>
    /// <param name="timeout">The longest wait; <see cref="Timeout.InfiniteTimeSpan"/> for no limit.</param>
    /// <returns>The place of the entry that was the first to end, or −1 when the time was over.</returns>
    /// <exception cref="InvalidOperationException">The list was not submitted; or the caller is the owner, which would wait for itself.</exception>
    public int WaitAny(TimeSpan timeout) => WaitCount(1, timeout) ? EndedAt(0) : -1;

    /// <summary>Sleeps until an entry has ended. Any thread but the owner.</summary>
    /// <returns>The place of the entry that was the first to end.</returns>
    public int WaitAny() => WaitAny(Timeout.InfiniteTimeSpan);

    /// <summary>Sleeps until at least so many entries have ended: with one more each time, and <see cref="EndedAt"/>, they come one by one in the order in which they ended. Any thread but the owner.</summary>
    /// <param name="count">How many; 1 to <see cref="Count"/>.</param>
    /// <param name="timeout">The longest wait; <see cref="Timeout.InfiniteTimeSpan"/> for no limit.</param>
    /// <returns>Whether so many have ended.</returns>
    public bool WaitCount(int count, TimeSpan timeout)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Math.Max(1, Count));
        return WaitUntilPending(Count - count, timeout);
    }

    /// <summary>Which entry was the n-th to end.</summary>
    /// <param name="order">The n, from 0; below <see cref="EndedCount"/>.</param>
    /// <returns>The entry's place.</returns>
    public int EndedAt(int order)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)order, (uint)EndedCount, nameof(order));
        return core.EndedAt(order);
    }

    /// <summary>Awaits the end of all entries. On the list's loop it resumes there and allocates nothing, at most once a run; elsewhere it resumes where it was. Failures are in the entries and not thrown.</summary>
    /// <returns>A task that ends with the last entry.</returns>
    public ValueTask WhenAllAsync()
    {
        VerifySubmitted();
        if (IsCompleted)
        {
            return ValueTask.CompletedTask;
        }

        LoopEngine engine = core.Engine;
        return engine.IsOwner
            ? new ValueTask(core.BeginAwait(-1, out short token), token)
            : new ValueTask(AwaitFromAbroadAsync(engine));
    }

    /// <summary>Asks the kernel to cancel whatever has not ended. Each still ends once. Any thread; without effect between runs.</summary>
    public void Cancel() => Cancel(-1);

    /// <summary>
    /// Lets the list go. What is in flight is cancelled and runs to its end; the words stay until then, for those who wait in them, and are gone afterwards. Descriptors that it still opens are closed.
    /// </summary>
    public void Dispose()
    {
        if (core.WasSubmitted)
        {
            core.Cancels.Cancel(-1, core.Run);
        }

        Leave();
        GC.SuppressFinalize(this);
    }

    /// <inheritdoc/>
    public IEnumerator<RequestListEntry> GetEnumerator()
    {
        for (int i = 0; i < Count; i++)
        {
            yield return this[i];
        }
    }

    /// <inheritdoc/>
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    internal void Submit(LoopEngine engine)
    {
        VerifyNotDisposed();
        core.Submit(engine);
    }

    internal bool IsEntryCompleted(int index) => (uint)index < (uint)core.Outcomes.Length && Volatile.Read(ref core.Outcomes[index].Done) != 0;

    internal Completion CompletionOf(int index)
    {
        VerifySubmitted();
        if (!IsEntryCompleted(index))
        {
            throw new InvalidOperationException($"Entry {index} of the list has not ended. Wait for it (Wait, WaitAsync), or look at IsCompleted first.");
        }

        ref ListOutcome outcome = ref core.Outcomes[index];
        return new Completion(0, outcome.Result, (CompletionFlags)outcome.Flags);
    }

    internal nint WordAddressOf(int index)
    {
        VerifyNotDisposed();
        return Words().AddressOf(index);
    }

    internal bool WaitFor(int index, TimeSpan timeout)
    {
        long deadline = BeginWait(timeout);
        if (IsEntryCompleted(index))
        {
            return true;
        }

        int run = core.Run;
        ListWords words = core.Words;
        words.AddReference();
        try
        {
            return words.WaitFor(index, run, deadline);
        }
        finally
        {
            words.DangerousRelease();
            GC.KeepAlive(this);
        }
    }

    internal ValueTask<Completion> WaitForAsync(int index)
    {
        VerifySubmitted();
        if (IsEntryCompleted(index))
        {
            return new ValueTask<Completion>(CompletionOf(index));
        }

        LoopEngine engine = core.Engine;
        return engine.IsOwner
            ? new ValueTask<Completion>(core.BeginAwait(index, out short token), token)
            : new ValueTask<Completion>(AwaitFromAbroadAsync(engine, index));
    }

    internal void Cancel(int index)
    {
        VerifyNotDisposed();
        if (core.WasSubmitted)
        {
            core.Cancels.Cancel(index, core.Run);
        }
    }

    /// <summary>Methods of their own, because their closures would be allocated for callers on the owner too.</summary>
    private Task AwaitFromAbroadAsync(LoopEngine engine) => engine.Loop.InvokeAsync(() => WhenAllAsync().AsTask());

    private Task<Completion> AwaitFromAbroadAsync(LoopEngine engine, int index) => engine.Loop.InvokeAsync(() => WaitForAsync(index).AsTask());

    private bool WaitUntilPending(int most, TimeSpan timeout)
    {
        long deadline = BeginWait(timeout);
        if (Count - core.EndedCount <= most)
        {
            return true;
        }

        int run = core.Run;
        ListWords words = core.Words;
        words.AddReference();
        try
        {
            return words.WaitUntilPending(most, run, deadline);
        }
        finally
        {
            words.DangerousRelease();
            GC.KeepAlive(this);
        }
    }

    private long BeginWait(TimeSpan timeout)
    {
        VerifySubmitted();
        if (core.Engine.IsOwner)
        {
            throw new InvalidOperationException($"{core.Engine.Loop.Name} cannot sleep until its own list has ended: it is what ends it. Await WaitAsync or WhenAllAsync on the loop, or wait on another thread.");
        }

        LoopThread.Current?.ReportBlockingWait(); // Another loop's thread may wait here, and does nothing else meanwhile.
        return FutexWords.DeadlineOf(timeout);
    }

    private ListWords Words()
    {
        if (core.WasSubmitted && core.IsInFlight)
        {
            return core.Words;
        }

        return core.RequireWords();
    }

    private void Leave()
    {
        if (Interlocked.Exchange(ref disposed, 1) == 0)
        {
            core.Abandon();
        }
    }

    private void VerifyChangeable()
    {
        VerifyNotDisposed();
        core.VerifyIdle();
    }

    private void VerifySubmitted()
    {
        VerifyNotDisposed();
        if (!core.WasSubmitted)
        {
            throw new InvalidOperationException("The list was not submitted, so nothing of it will ever end. Submit it first: loop.Submit(list).");
        }
    }

    private void VerifyNotDisposed() => ObjectDisposedException.ThrowIf(Volatile.Read(ref disposed) != 0, this);
}
