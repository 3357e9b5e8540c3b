using System.Threading.Tasks.Sources;

namespace Dispatch;

/// <summary>One awaited delay. Pooled; a timer of the loop's queue, so it costs no request. Owner thread only.</summary>
internal sealed class DelayOperation(DelayPool pool) : TimerNode, IOwnerSource, IValueTaskSource
{
    private static readonly Action<object?> TokenFired = static s => ((DelayOperation)s!).OnTokenFired();

    private OwnerCompletionCore core;
    private CancellationTokenRegistration registration;
    private CancellationToken token;
    private bool cancelled;

    /// <inheritdoc/>
    public LoopEngine Engine => pool.Engine;

    /// <inheritdoc/>
    public ref OwnerCompletionCore Core => ref core;

    /// <summary>Gets or sets the next one in the pool.</summary>
    public DelayOperation? NextFree { get; set; }

    /// <summary>Starts the clock.</summary>
    public ValueTask Begin(long nanoseconds, CancellationToken token)
    {
        cancelled = false;
        this.token = token;
        Engine.Timers.Schedule(this, nanoseconds);
        ValueTask task = new(this, core.Version);
        if (token.CanBeCanceled)
        {
            registration = token.UnsafeRegister(TokenFired, this);
        }

        return task;
    }

    /// <inheritdoc/>
    public override void Fire() => Complete();

    /// <inheritdoc/>
    public override void Abandon()
    {
        cancelled = true;
        Complete();
    }

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
    public void GetResult(short token)
    {
        core.VerifyCompleted(token);
        bool wasCancelled = cancelled;
        CancellationToken by = this.token;
        this.token = default;
        core.Reset();
        pool.Return(this);
        if (wasCancelled)
        {
            throw new OperationCanceledException(by);
        }
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
            Engine.Posted.TryPost(static (s, v) => ((DelayOperation)s!).CancelIfStill((short)v), this, version);
        }
    }

    private void CancelIfStill(short version)
    {
        if (core.Version == version && !core.IsCompleted)
        {
            cancelled = true;
            Engine.Timers.Remove(this);
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
