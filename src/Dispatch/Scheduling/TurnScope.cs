using System.Runtime.CompilerServices;

namespace Dispatch;

/// <summary>
/// The surroundings of user code on a loop: the synchronization context of a turn, and the execution context that each callback finds and must leave behind.
/// Owner thread only.
/// </summary>
internal sealed class TurnScope(LoopEngine engine)
{
    private readonly LoopSynchronizationContext context = new(engine);
    private readonly TurnWatch? watch = engine.Watch;
    private ExecutionContext? baseline;
    private SynchronizationContext? outer;
    private bool outerSuppressesFlow;
    private bool runsInline;

    /// <summary>Gets the context that is current during a turn.</summary>
    public LoopSynchronizationContext Context => context;

    /// <summary>Gets a value indicating whether a turn is running.</summary>
    public bool IsActive { get; private set; }

    /// <summary>Begins a turn. Throws inside one.</summary>
    public void Begin()
    {
        if (IsActive)
        {
            LoopThread.ThrowNestedTurn();
        }

        IsActive = true;
        runsInline = !engine.OwnerIsDead && watch is null; // One question for a continuation to ask: where turns are watched, it asks further.

        // Kept here and not by the thread: a loop's thread may stand in for a dead owner inside a turn of its own.
        outer = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(context);
        baseline = ExecutionContext.Capture();
        if (baseline is null)
        {
            // The thread suppresses the flow of its execution context, so there would be nothing to compare with and to go back to.
            ExecutionContext.RestoreFlow();
            outerSuppressesFlow = true;
            baseline = ExecutionContext.Capture();
        }
    }

    /// <summary>Ends a turn.</summary>
    public void End()
    {
        IsActive = false;
        runsInline = false;
        SynchronizationContext.SetSynchronizationContext(outer);
        outer = null;
        if (outerSuppressesFlow)
        {
            outerSuppressesFlow = false;
            _ = ExecutionContext.SuppressFlow();
        }
    }

    /// <summary>Runs an await's continuation inline, with the loop's context current or, when it asked for none, with none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void RunContinuation(Action<object?> continuation, object? state, bool inContext)
    {
        if (!runsInline)
        {
            RunWatchedOrLater(continuation, state, inContext);
            return;
        }

        RunInline(continuation, state, inContext);
    }

    /// <summary>Takes back what user code may have left on the thread, so that nothing of one callback is seen in the next.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Restore()
    {
        if (!ReferenceEquals(SynchronizationContext.Current, context))
        {
            SynchronizationContext.SetSynchronizationContext(context);
        }

        if (!ReferenceEquals(ExecutionContext.Capture(), baseline))
        {
            ExecutionContext.Restore(baseline!);
        }
    }

    /// <summary>Runs an await's continuation in a later turn; or, when the loop can have none any more, on the thread pool.</summary>
    public void RunLater(Action<object?> continuation, object? state, bool inContext)
    {
        if (engine.OwnerIsDead || !engine.IsOwner)
        {
            ThreadPool.UnsafeQueueUserWorkItem(continuation, state, preferLocal: false);
        }
        else
        {
            // Completed by the owner outside a turn, by cancelling a token say: user code runs in turns, never in the stack of the one who cancelled.
            engine.Posted.EnqueueLocal(static s => ((Resumption)s!).Run(), new Resumption(continuation, state, inContext));
        }
    }

    /// <summary>Runs a continuation, and leaves the thread as it was: that is the callback's of the turn, or user code's that has ended an await of somebody else's, by cancelling its token.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void RunInline(Action<object?> continuation, object? state, bool inContext)
    {
        ExecutionContext? found = ExecutionContext.Capture();
        SynchronizationContext? current = SynchronizationContext.Current;

        // With a context current that is not the default one, the framework would send one that asked for none to the thread pool.
        SynchronizationContext? wanted = inContext ? context : null;
        if (!ReferenceEquals(current, wanted))
        {
            SynchronizationContext.SetSynchronizationContext(wanted);
        }

        continuation(state);
        if (!ReferenceEquals(SynchronizationContext.Current, current))
        {
            SynchronizationContext.SetSynchronizationContext(current);
        }

        if (found is not null && !ReferenceEquals(ExecutionContext.Capture(), found))
        {
            ExecutionContext.Restore(found);
        }
    }

    private void RunWatchedOrLater(Action<object?> continuation, object? state, bool inContext)
    {
        if (watch is null || !IsActive || engine.OwnerIsDead)
        {
            RunLater(continuation, state, inContext);
            return;
        }

        watch.NoteContinuation(continuation, state);
        RunInline(continuation, state, inContext);
    }

    private sealed class Resumption(Action<object?> continuation, object? state, bool inContext) : INamedCallback
    {
        (object? Target, object? State) INamedCallback.Callback => (continuation, state);

        public void Run()
        {
            if (!inContext)
            {
                SynchronizationContext.SetSynchronizationContext(null); // As when it is run inline; whoever runs posted work restores it.
            }

            continuation(state);
        }
    }
}
