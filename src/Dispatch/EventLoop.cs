using System.Runtime.CompilerServices;

namespace Dispatch;

/// <summary>
/// One thread, one completion ring. It owns every request submitted to it: the completion appears in its own ring and is consumed on its own thread. A loop is run by
/// a <see cref="Dispatcher"/>, or is the user's: <see cref="Attach"/> makes the calling thread its owner, and <see cref="Poll"/> goes into that thread's main loop.
/// </summary>
/// <remarks>
/// <see cref="Submit(in IoRequest, ulong)"/>, <see cref="Poll"/>, <see cref="TryTake"/> and what is marked so belong to the owner and throw elsewhere. <see cref="ExecuteAsync"/>, <see cref="CompleteAsync"/>,
/// <see cref="Observe(in IoRequest)"/>, <see cref="Post(Action)"/> and the Invoke methods work from any thread.
/// </remarks>
public sealed class EventLoop : IAsyncDisposable, IDisposable
{
    private static int created;
    private readonly LoopLife life;

    internal EventLoop(EventLoopOptions options, bool attached)
    {
        Name = options.Name ?? $"dispatch-{Interlocked.Increment(ref created) - 1}";
        Engine = new LoopEngine(this, KernelFactory.Create(options), options);
        life = new LoopLife(this, attached);
        TimeProvider = new LoopTimeProvider(Engine);
        Report = new StartupReport(Name, Engine.Ring.Description, options);
    }

    /// <summary>Gets the calling thread's loop, or null.</summary>
    public static EventLoop? Current => LoopThread.Current?.Loop;

    /// <summary>Gets the name of the loop and its thread.</summary>
    public string Name { get; }

    /// <summary>Gets a value indicating whether the calling thread is the owner.</summary>
    public bool IsOwner => Engine.IsOwner;

    /// <summary>Gets what the loop was set up with.</summary>
    public StartupReport Report { get; }

    /// <summary>Gets a snapshot of the loop's counters. Any thread.</summary>
    public LoopStatistics Statistics => LoopSnapshot.Take(Engine);

    /// <summary>Gets a snapshot of where the time of the loop's requests goes; empty unless <see cref="EventLoopOptions.MeasureLatency"/> is set. Any thread.</summary>
    public LoopLatency Latency => Engine.Latency?.Snapshot() ?? LoopLatency.Empty;

    /// <summary>Gets the loop's last stalls, newest first; see <see cref="EventLoopOptions.StallThreshold"/>. One that goes on is among them, and is told anew when it has ended. Any thread.</summary>
    public IReadOnlyList<LoopStall> RecentStalls => [.. (Watchdog?.Recent ?? []).Where(s => ReferenceEquals(s.Loop, this))];

    /// <summary>Gets a clock whose timers call back on the owner; for <see cref="Task.Delay(TimeSpan, System.TimeProvider)"/> and whatever else takes one. Any thread.</summary>
    public TimeProvider TimeProvider { get; }

    /// <summary>
    /// Gets the completions of raw requests as a stream: the same source that <see cref="TryTake"/> empties. While there is a subscriber, they go to it. Owner thread only.
    /// </summary>
    public IObservable<Completion> Completions => Engine.Raw;

    /// <summary>Gets a task that ends when the loop has stopped; it fails when an exception stopped it.</summary>
    public Task Completed => life.Completed;

    /// <summary>Gets or sets what looks at this loop and perhaps at others, or null when nobody asked for it.</summary>
    internal StallWatchdog? Watchdog { get; set; }

    internal LoopEngine Engine { get; }

    internal LoopLife Life => life;

    /// <summary>
    /// Makes the calling thread the owner of a new loop, which it drives with <see cref="Poll"/> or <see cref="Run"/>. The thread must live at least as long as the loop: dispose the loop
    /// before the thread ends.
    /// </summary>
    /// <param name="options">Options, or null for the defaults.</param>
    /// <returns>The loop; dispose it on the same thread.</returns>
    /// <exception cref="InvalidOperationException">The thread owns a loop already, or belongs to the thread pool.</exception>
    /// <exception cref="KernelUnavailableException">No ring could be had; the message says why and what to do.</exception>
    public static EventLoop Attach(EventLoopOptions? options = null)
    {
        if (LoopThread.Current is { } present)
        {
            throw new InvalidOperationException($"This thread already owns {present.Loop.Name}; a thread owns one loop.");
        }

        if (Thread.CurrentThread.IsThreadPoolThread)
        {
            throw new InvalidOperationException("A thread-pool thread cannot own a loop: the pool ends it at will. Use a thread of your own (new Thread), or a Dispatcher, which has its own.");
        }

        EventLoopOptions chosen = (options ?? new EventLoopOptions()).CopyFor(options?.Name!);
        chosen.Validate();
        EventLoop loop = new(chosen, attached: true);
        loop.life.ClaimThread();
        StallWatchdog.Start([loop], chosen);
        return loop;
    }

    /// <summary>Throws unless the calling thread is the owner.</summary>
    public void VerifyAccess() => Engine.VerifyOwner();

    /// <summary>
    /// Makes a call and awaits its result. On the owner the await resumes on the owner and nothing is allocated; elsewhere the request travels through the inbox and the await resumes where it was.
    /// </summary>
    /// <param name="request">The request.</param>
    /// <param name="cancellationToken">Asks the kernel to cancel it. The await ends at the request's terminal completion; one that succeeded after all returns its result.</param>
    /// <returns>The call's result, 0 or more.</returns>
    /// <exception cref="IOException">The call failed; sockets throw <see cref="System.Net.Sockets.SocketException"/>, paths what .NET users expect of paths.</exception>
    public ValueTask<int> ExecuteAsync(in IoRequest request, CancellationToken cancellationToken = default)
    {
        if (!Engine.IsOwner)
        {
            return new ValueTask<int>(ForwardedOperation.Start(Engine, request, cancellationToken), 0);
        }

        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<int>(cancellationToken);
        }

        RequestOperation operation = Begin(request, cancellationToken);
        return new ValueTask<int>(operation, operation.Version);
    }

    /// <summary>Makes a call and awaits its completion; a failure is in the completion, and nothing is thrown for it.</summary>
    /// <param name="request">The request.</param>
    /// <param name="cancellationToken">Asks the kernel to cancel it.</param>
    /// <returns>The terminal completion.</returns>
    public ValueTask<Completion> CompleteAsync(in IoRequest request, CancellationToken cancellationToken = default)
    {
        if (!Engine.IsOwner)
        {
            return new ValueTask<Completion>(ForwardedOperation.Start(Engine, request, cancellationToken), 0);
        }

        if (cancellationToken.IsCancellationRequested)
        {
            return new ValueTask<Completion>(new Completion(0, -Errno.ECANCELED, CompletionFlags.None));
        }

        RequestOperation operation = Begin(request, cancellationToken);
        return new ValueTask<Completion>(operation, operation.Version);
    }

    /// <summary>
    /// Makes a request an observable: every subscription submits it once, from any thread. Completions (failures too) come as items on the owner; <c>OnCompleted</c> follows the terminal one. Disposing
    /// the subscription cancels; what the request brings after that has no taker: descriptors are closed, buffers given back.
    /// </summary>
    /// <param name="request">The request; a multishot one brings many items.</param>
    /// <returns>The observable.</returns>
    public IObservable<Completion> Observe(in IoRequest request) => new ObservableRequest(this, request);

    /// <summary>Submits a request for an observer, without allocating. Owner thread only.</summary>
    /// <param name="request">The request.</param>
    /// <param name="observer">What its completions go to.</param>
    /// <returns>A handle to cancel it by.</returns>
    public OperationHandle Observe(in IoRequest request, IObserver<Completion> observer)
    {
        ArgumentNullException.ThrowIfNull(observer);
        Engine.VerifyOwner();
        return Engine.Observe(request, observer);
    }

    /// <summary>
    /// Submits a raw request: its completion comes through <see cref="TryTake"/> or <see cref="Completions"/> under the given tag. It goes to the kernel with the next
    /// <see cref="TryTake"/> that finds nothing, or <see cref="Poll"/>. Owner thread only.
    /// </summary>
    /// <param name="request">The request.</param>
    /// <param name="tag">The caller's tag, below 2⁶³. Tags need not be unique.</param>
    public void Submit(in IoRequest request, ulong tag)
    {
        Engine.VerifyOwner();
        if (!Tags.IsRaw(tag))
        {
            ThrowTagTooLarge(tag);
        }

        Engine.VerifyOpen();
        Engine.Raw.Submit(request, tag);
    }

    /// <summary>
    /// Submits a list: its requests go to the kernel with the next enter, its chains each as a whole. On the owner they are staged at once; from another thread the list travels through the inbox. A request that cannot be made, because
    /// its handle is closed, say, ends by itself with an error as its result. Any thread.
    /// </summary>
    /// <param name="list">The list; not in flight.</param>
    /// <exception cref="InvalidOperationException">It is empty, in flight, or linked in a way that has no meaning; the message says which. Nothing was submitted then.</exception>
    public void Submit(RequestList list)
    {
        ArgumentNullException.ThrowIfNull(list);
        list.Submit(Engine);
    }

    /// <summary>
    /// Takes the next raw completion out of the ring. Two loads when there is none: no system call, no clock, no user code. When requests are staged and none has completed, it submits them. Owner thread only.
    /// </summary>
    /// <param name="completion">The completion.</param>
    /// <returns>Whether there was one.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryTake(out Completion completion)
    {
        Engine.VerifyOwner();
        return Engine.Delivery.TryTakeRaw(out completion);
    }

    /// <summary>
    /// One turn: delivers what has completed, runs what was posted and what is due, submits what was staged. When there is nothing it costs some loads: no system call, no clock. Owner thread only.
    /// </summary>
    /// <returns>How many things were done; 0 when there was nothing.</returns>
    public int Poll()
    {
        Engine.VerifyOwner();
        return Engine.HasWork ? life.Poll() : 0;
    }

    /// <summary>
    /// Sleeps, for a loop that its user polls: until there is something to take or to poll, a timer is due, or another thread posts. What was staged is submitted in the same system call. It may return
    /// with nothing to do, so call it in a loop, after a <see cref="TryTake"/> and a <see cref="Poll"/> that found nothing. Owner thread of an attached loop only, outside its turns.
    /// </summary>
    public void Park()
    {
        Engine.VerifyOwner();
        life.VerifyAttached();
        if (Engine.Scope.IsActive)
        {
            LoopThread.ThrowNestedTurn();
        }

        if (Engine.HasTurnWork || Engine.Raw.Untaken != 0)
        {
            Engine.SubmitStaged();
        }
        else
        {
            Engine.Parking.Park();
        }
    }

    /// <summary>Drives an attached loop, idling by its strategy, until the token is cancelled or the loop is stopped. Owner thread only.</summary>
    /// <param name="cancellationToken">Ends the call; the loop stays usable.</param>
    public void Run(CancellationToken cancellationToken = default)
    {
        Engine.VerifyOwner();
        life.VerifyAttached();
        if (Engine.Scope.IsActive)
        {
            LoopThread.ThrowNestedTurn();
        }

        using CancellationTokenRegistration registration = cancellationToken.UnsafeRegister(static s => ((LoopEngine)s!).Posted.TryPost(static (_, _) => { }, null, 0), Engine);
        life.Run(cancellationToken);
    }

    /// <summary>Cancels raw requests by tag, also those that still wait for their turn. Each still completes once. Owner thread only.</summary>
    /// <param name="tag">The tag.</param>
    public void Cancel(ulong tag)
    {
        Engine.VerifyOwner();
        Engine.Raw.Cancel(tag);
    }

    /// <summary>Asks every request of the loop to end. Each still completes once. Owner thread only.</summary>
    public void CancelAll()
    {
        Engine.VerifyOwner();
        Engine.CancelAll();
    }

    /// <summary>Runs code on the owner in a later turn. Any thread. On a loop that has stopped it throws.</summary>
    /// <param name="action">The code. Its exceptions go to the policy.</param>
    public void Post(Action action)
    {
        ArgumentNullException.ThrowIfNull(action);
        Engine.Posted.Post(static s => ((Action)s!)(), action);
    }

    /// <summary>Runs code on the owner and awaits it. On the owner it runs at once. Any thread; the caller's execution context flows along.</summary>
    /// <typeparam name="T">The type of the result.</typeparam>
    /// <param name="work">The code.</param>
    /// <returns>Its result.</returns>
    public Task<T> InvokeAsync<T>(Func<Task<T>> work)
    {
        ArgumentNullException.ThrowIfNull(work);
        return LoopInvocations.InvokeAsync(Engine, work);
    }

    /// <summary>Runs code on the owner and awaits it; see <see cref="InvokeAsync{T}(Func{Task{T}})"/>.</summary>
    /// <param name="work">The code.</param>
    /// <returns>A task that ends with it.</returns>
    public Task InvokeAsync(Func<Task> work)
    {
        ArgumentNullException.ThrowIfNull(work);
        return LoopInvocations.InvokeAsync(Engine, work, given: work);
    }

    /// <summary>Runs code on the owner and awaits it; see <see cref="InvokeAsync{T}(Func{Task{T}})"/>.</summary>
    /// <param name="work">The code.</param>
    /// <returns>A task that ends with it.</returns>
    public Task InvokeAsync(Action work)
    {
        ArgumentNullException.ThrowIfNull(work);
        return LoopInvocations.InvokeAsync(Engine, work);
    }

    /// <summary>Await it to continue on the owner, from wherever the code is; on the owner it does nothing.</summary>
    /// <returns>The awaitable.</returns>
    public LoopSwitch SwitchTo() => new(Engine);

    /// <summary>Runs blocking code on a worker and comes back to the owner with its result, also under <c>ConfigureAwait(false)</c>. Any thread; others than the owner resume where they were.</summary>
    /// <typeparam name="T">The type of the result.</typeparam>
    /// <param name="work">The code. It runs off the loop and must not use what belongs to it.</param>
    /// <param name="cancellationToken">Keeps it from starting; code that runs is not interrupted.</param>
    /// <returns>Its result.</returns>
    public ValueTask<T> OffloadAsync<T>(Func<T> work, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(work);
        return Engine.IsOwner ? OffloadOperation<T>.Start(Engine, work, cancellationToken) : new ValueTask<T>(Engine.Ring.OffLoop.Run(work, cancellationToken));
    }

    /// <summary>Awaits a span of time by the loop's timers. Nothing is allocated on the owner. Any thread.</summary>
    /// <param name="delay">The time; 0 or more.</param>
    /// <param name="cancellationToken">Ends it early with <see cref="OperationCanceledException"/>.</param>
    /// <returns>A task that ends then.</returns>
    public ValueTask DelayAsync(TimeSpan delay, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(delay, TimeSpan.Zero);
        return Engine.IsOwner
            ? Engine.Delays.Start(delay, cancellationToken)
            : new ValueTask(DelayFromAbroadAsync(delay, cancellationToken));
    }

    /// <summary>Allocates and registers buffers with the kernel, once a loop. <c>io_uring_register(2)</c>. Owner thread only.</summary>
    /// <param name="count">How many; up to 16,384.</param>
    /// <param name="size">Their size in bytes.</param>
    /// <returns>The pool.</returns>
    public RegisteredBufferPool RegisterBuffers(int count, int size)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, 16_384);
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 1);
        Engine.VerifyOwner();
        return Engine.RegisterBuffers(count, size);
    }

    /// <summary>
    /// Turns a completion of <see cref="IoRequest.ReceiveMultishot"/> into the lease of its buffer. Once a completion. Owner thread only.
    /// </summary>
    /// <param name="completion">A completion with a <see cref="Completion.BufferId"/>.</param>
    /// <returns>The lease; dispose it.</returns>
    public BufferLease TakeBuffer(in Completion completion)
    {
        Engine.VerifyOwner();
        return completion.BufferId >= 0
            ? Engine.ReceiveBuffers.Lease((uint)completion.Flags, (int)Math.Max(0, completion.Result)).Taken()
            : throw new ArgumentException("This completion carries no buffer.", nameof(completion));
    }

    /// <summary>
    /// Stops an attached loop: cancels what is in flight, reaps every terminal completion, closes the ring. On the owner it does so before it returns; on another thread, when the owner's
    /// thread has ended without disposing the loop, it saves what can be saved. Doing it twice does nothing.
    /// </summary>
    public void Dispose() => life.Dispose();

    /// <summary>
    /// Stops the loop; any thread. An attached loop ends inside its owner's next <see cref="Poll"/> or in its <see cref="Run"/>, so the owner has to be in one or to come to one, or to have ended.
    /// </summary>
    /// <returns>A task that ends when the loop has stopped.</returns>
    public ValueTask DisposeAsync() => life.DisposeAsync();

    /// <inheritdoc/>
    public override string ToString() => Name;

    internal static EventLoop Required(EventLoop? loop) => loop ?? Current ?? throw new InvalidOperationException(
        "The calling thread owns no loop, so the loop has to be named: pass it as an argument, or call this from code that runs on a loop (Dispatcher.RunAsync, EventLoop.InvokeAsync).");

    internal void RequestStop(Exception? cause) => life.RequestStop(cause);

    internal async Task TryInvokeAsync(Func<Task> work, Action whenClosed)
    {
        try
        {
            await InvokeAsync(work).ConfigureAwait(false);
        }
        catch (ObjectDisposedException) when (Engine.Inbox.IsClosed)
        {
            whenClosed();
        }
    }

    private static void ThrowTagTooLarge(ulong tag) => throw new ArgumentOutOfRangeException(nameof(tag), tag, "Tags have 63 bits: the top bit must be clear.");

    /// <summary>A method of its own, because its closure would be allocated for callers on the owner too.</summary>
    private Task DelayFromAbroadAsync(TimeSpan delay, CancellationToken cancellationToken) => InvokeAsync(() => Engine.Delays.Start(delay, cancellationToken).AsTask());

    private RequestOperation Begin(in IoRequest request, CancellationToken cancellationToken)
    {
        Engine.VerifyOpen();
        RequestOperation operation = Engine.RequestPool.Rent();
        operation.Begin(request, cancellationToken);
        return operation;
    }
}
