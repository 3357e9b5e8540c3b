using System.Threading.Tasks.Sources;

namespace Dispatch;

/// <summary>
/// A continuation with the surroundings that it asked to be run in. Allocated only off the fast path: awaits from foreign threads, foreign contexts on
/// the owner, and awaiters that want their execution context flowed for them.
/// </summary>
internal sealed class ContinuationEnvelope : INamedCallback
{
    private readonly Action<object?> continuation;
    private readonly object? state;
    private readonly ExecutionContext? executionContext;
    private readonly SynchronizationContext? context;
    private readonly TaskScheduler? scheduler;

    public ContinuationEnvelope(Action<object?> continuation, object? state, ValueTaskSourceOnCompletedFlags flags)
    {
        this.continuation = continuation;
        this.state = state;
        if ((flags & ValueTaskSourceOnCompletedFlags.FlowExecutionContext) != 0)
        {
            executionContext = ExecutionContext.Capture();
        }

        if ((flags & ValueTaskSourceOnCompletedFlags.UseSchedulingContext) != 0)
        {
            context = SynchronizationContext.Current;
            if (context is null && TaskScheduler.Current != TaskScheduler.Default)
            {
                scheduler = TaskScheduler.Current;
            }
        }
    }

    /// <summary>Gets a continuation that runs the envelope given as state where it belongs.</summary>
    public static Action<object?> Schedule { get; } = static s => ((ContinuationEnvelope)s!).ScheduleNow();

    /// <summary>Gets a continuation that runs the envelope given as state at once.</summary>
    public static Action<object?> RunHere { get; } = static s => ((ContinuationEnvelope)s!).Invoke();

    /// <inheritdoc/>
    (object? Target, object? State) INamedCallback.Callback => (continuation, state);

    /// <summary>Runs it where it asked to be run: its context, its scheduler, else the thread pool.</summary>
    public void ScheduleNow()
    {
        if (context is not null)
        {
            context.Post(static s => ((ContinuationEnvelope)s!).Invoke(), this);
        }
        else if (scheduler is not null)
        {
            _ = Task.Factory.StartNew(static s => ((ContinuationEnvelope)s!).Invoke(), this, CancellationToken.None, TaskCreationOptions.DenyChildAttach, scheduler);
        }
        else
        {
            ThreadPool.UnsafeQueueUserWorkItem(static e => e.Invoke(), this, preferLocal: false);
        }
    }

    /// <summary>Runs it here, under its execution context.</summary>
    public void Invoke()
    {
        if (executionContext is null)
        {
            continuation(state);
        }
        else
        {
            ExecutionContext.Run(executionContext, static s => ((ContinuationEnvelope)s!).continuation(((ContinuationEnvelope)s).state), this);
        }
    }
}
