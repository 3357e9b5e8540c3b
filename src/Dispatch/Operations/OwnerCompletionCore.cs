using System.Runtime.CompilerServices;
using System.Threading.Tasks.Sources;

namespace Dispatch;

/// <summary>
/// The awaiting half of an operation, embedded in it. It does what <see cref="ManualResetValueTaskSourceCore{TResult}"/> does, for sources that are
/// completed and almost always awaited on one thread: no interlocked instruction, and no trip through the context that the owner is already in.
/// </summary>
/// <remarks>
/// A foreign thread that awaits is allowed and takes the long way: its registration is posted to the owner, so all state stays owner-only
/// but for <see cref="IsCompleted"/>, which it may read.
/// </remarks>
internal struct OwnerCompletionCore
{
    private Action<object?>? continuation;
    private object? state;
    private bool resumeInContext;
    private volatile bool completed;
    private short version;

    /// <summary>Gets the token of the current use.</summary>
    public readonly short Version => version;

    /// <summary>Gets a value indicating whether the result is there.</summary>
    public readonly bool IsCompleted => completed;

    /// <summary>Gets a value indicating whether somebody awaits.</summary>
    public readonly bool HasContinuation => continuation is not null;

    /// <summary>Makes ready for the next use; tokens of former ones are refused from now on.</summary>
    public void Reset()
    {
        version++;
        completed = false;
        continuation = null;
        state = null;
    }

    /// <summary>Refuses a token of another use: an await that came twice, or too late.</summary>
    public readonly void Verify(short token)
    {
        if (token != version)
        {
            throw new InvalidOperationException("This ValueTask was already consumed. A ValueTask may be awaited once; call AsTask() to await it more often.");
        }
    }

    /// <summary>Says how far the current use is.</summary>
    /// <param name="token">The use that is meant.</param>
    /// <param name="failure">Where it is written why it has failed: read only when it has completed, as another thread may ask.</param>
    public readonly ValueTaskSourceStatus GetStatus(short token, ref readonly Exception? failure)
    {
        Verify(token);
        return !completed ? ValueTaskSourceStatus.Pending
            : failure is null ? ValueTaskSourceStatus.Succeeded
            : failure is OperationCanceledException ? ValueTaskSourceStatus.Canceled
            : ValueTaskSourceStatus.Faulted;
    }

    /// <summary>Verifies before a result is read: the token, and that there is a result.</summary>
    public readonly void VerifyCompleted(short token)
    {
        Verify(token);
        if (!completed)
        {
            throw new InvalidOperationException(
                "The operation has not completed. Await it: blocking here (GetAwaiter().GetResult(), .Result) would stop the loop that has to complete it.");
        }
    }

    /// <summary>Registers what runs at completion. Any thread.</summary>
    public void OnCompleted(LoopEngine engine, IOwnerSource source, Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags)
    {
        Verify(token);
        if (!engine.IsOwner)
        {
            engine.Posted.Post(static (s, _) => ((ForeignAwait)s!).Register(), new ForeignAwait(source, new ContinuationEnvelope(continuation, state, flags), token), 0);
            return;
        }

        bool inContext = false;
        if ((flags & ValueTaskSourceOnCompletedFlags.UseSchedulingContext) != 0)
        {
            SynchronizationContext? current = SynchronizationContext.Current;
            if ((current is null || ReferenceEquals(current, engine.Scope.Context)) && TaskScheduler.Current == TaskScheduler.Default)
            {
                inContext = true;
            }
            else
            {
                // Somebody else's context or scheduler on this thread: it asked to be resumed there, so it is.
                state = new ContinuationEnvelope(continuation, state, flags);
                continuation = ContinuationEnvelope.Schedule;
                flags = ValueTaskSourceOnCompletedFlags.None;
            }
        }

        if ((flags & ValueTaskSourceOnCompletedFlags.FlowExecutionContext) != 0)
        {
            state = new ContinuationEnvelope(continuation, state, ValueTaskSourceOnCompletedFlags.FlowExecutionContext);
            continuation = ContinuationEnvelope.RunHere;
        }

        Register(engine, continuation, state, inContext);
    }

    /// <summary>Registers on the owner; a source that has completed meanwhile runs its continuation in a later turn, never in the caller's stack.</summary>
    public void Register(LoopEngine engine, Action<object?> continuation, object? state, bool inContext)
    {
        if (completed)
        {
            engine.Scope.RunLater(continuation, state, inContext);
            return;
        }

        if (this.continuation is not null)
        {
            throw new InvalidOperationException("This ValueTask is being awaited already. A ValueTask may be awaited once; call AsTask() to await it more often.");
        }

        this.continuation = continuation;
        this.state = state;
        resumeInContext = inContext;
    }

    /// <summary>Publishes the result and runs the continuation inline. Owner only; user code runs before this returns.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void SetCompleted(LoopEngine engine)
    {
        completed = true;
        Action<object?>? run = continuation;
        if (run is not null)
        {
            object? with = state;
            continuation = null;
            state = null;
            engine.Scope.RunContinuation(run, with, resumeInContext);
        }
    }
}
