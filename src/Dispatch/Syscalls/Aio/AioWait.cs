using System.Threading.Tasks.Sources;

namespace Dispatch;

/// <summary>Somebody on the owner's thread who awaits events of an <see cref="AioContext"/>. Pooled by the context. Owner thread only.</summary>
internal sealed class AioWait(AioContext context) : TimerNode, IOwnerSource, IValueTaskSource<int>
{
    private const long NoLimit = long.MaxValue / 4;

    private static readonly Action<object?> TokenFired = static s => ((AioWait)s!).OnTokenFired();

    private OwnerCompletionCore core;
    private CancellationTokenRegistration registration;
    private CancellationToken token;
    private Memory<AioEvent> destination;
    private int minimum;
    private int result;
    private bool cancelled;

    /// <inheritdoc/>
    public LoopEngine Engine => context.Loop.Engine;

    /// <inheritdoc/>
    public ref OwnerCompletionCore Core => ref core;

    /// <summary>Gets or sets the next one: of those that wait, or of the idle ones.</summary>
    public AioWait? Next { get; set; }

    /// <summary>Begins to wait. What is there already was not enough.</summary>
    public ValueTask<int> Begin(int minimum, Memory<AioEvent> destination, TimeSpan? timeout, CancellationToken token)
    {
        this.minimum = minimum;
        this.destination = destination;
        this.token = token;
        cancelled = false;

        // Among the timers also without a limit: a loop that ends tells those, and so nobody waits for it for ever.
        Engine.Timers.Schedule(this, timeout is { } limit ? Math.Min(TimerQueue.Nanoseconds(limit), NoLimit) : NoLimit);

        ValueTask<int> task = new(this, core.Version);
        if (token.CanBeCanceled)
        {
            registration = token.UnsafeRegister(TokenFired, this);
        }

        return task;
    }

    /// <summary>Takes what came, when it is enough or nothing more will come. False: it goes on waiting.</summary>
    public bool TryEnd(AioEventQueue queue)
    {
        if (!queue.TryTake(minimum, destination.Span, out result))
        {
            return false;
        }

        Engine.Timers.Remove(this);
        context.StopWaiting(this);
        Complete();
        return true;
    }

    /// <inheritdoc/>
    public override void Fire()
    {
        context.StopWaiting(this);
        result = context.Events.TakeWhatIsThere(destination.Span);
        Complete();
    }

    /// <inheritdoc/>
    public override void Abandon() => Fire();

    /// <inheritdoc/>
    public ValueTaskSourceStatus GetStatus(short token)
    {
        core.Verify(token);
        return !core.IsCompleted ? ValueTaskSourceStatus.Pending : cancelled ? ValueTaskSourceStatus.Canceled : ValueTaskSourceStatus.Succeeded;
    }

    /// <inheritdoc/>
    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        core.OnCompleted(Engine, this, continuation, state, token, flags);

    /// <inheritdoc/>
    public int GetResult(short token)
    {
        core.VerifyCompleted(token);
        int answer = result;
        bool wasCancelled = cancelled;
        CancellationToken by = this.token;
        this.token = default;
        destination = default;
        core.Reset();
        context.ReturnFromAnyThread(this);
        return wasCancelled ? throw new OperationCanceledException(by) : answer;
    }

    private void OnTokenFired()
    {
        short version = core.Version;
        if (Engine.IsOwner)
        {
            CancelIfStill(version);
        }
        else
        {
            Engine.Posted.TryPost(static (s, v) => ((AioWait)s!).CancelIfStill((short)v), this, version);
        }
    }

    private void CancelIfStill(short version)
    {
        if (core.Version == version && !core.IsCompleted)
        {
            cancelled = true;
            Engine.Timers.Remove(this);
            context.StopWaiting(this);
            Complete();
        }
    }

    private void Complete()
    {
        // Waits for a callback that is running on another thread, so that none reads the next use's version.
        registration.Dispose();
        registration = default;
        core.SetCompleted(Engine);
    }
}
