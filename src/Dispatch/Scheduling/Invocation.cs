namespace Dispatch;

/// <summary>Code on its way to a loop, and its result on the way back. The caller's execution context flows along; the caller resumes where it was.</summary>
internal sealed class Invocation<T> : INamedCallback
{
    private readonly TaskCompletionSource<T> result;
    private readonly ExecutionContext? context = ExecutionContext.Capture();
    private readonly LoopEngine engine;
    private readonly Func<Task<T>> work;
    private readonly Delegate given;
    private Task<T>? done;

    private Invocation(LoopEngine engine, Func<Task<T>> work, Delegate given)
    {
        this.engine = engine;
        this.work = work;
        this.given = given;
        result = new TaskCompletionSource<T>(engine.Ring.OffLoop.CompletionOptions);
    }

    /// <inheritdoc/>
    (object? Target, object? State) INamedCallback.Callback => (given, null);

    /// <summary>Sends it. Throws when the loop has stopped.</summary>
    /// <param name="engine">The loop.</param>
    /// <param name="work">The code.</param>
    /// <param name="given">What the user gave, where <paramref name="work"/> only wraps it.</param>
    public static Task<T> Start(LoopEngine engine, Func<Task<T>> work, Delegate? given = null)
    {
        Invocation<T> invocation = new(engine, work, given ?? work);
        engine.Posted.Post(static (s, _) => ((Invocation<T>)s!).Run(), invocation, 0);
        return invocation.result.Task;
    }

    private void Run()
    {
        if (!engine.IsOwner || engine.OwnerIsDead)
        {
            // The loop stopped before it came to this. What was promised to run on its thread must not run beside it.
            result.TrySetException(new ObjectDisposedException(engine.Loop.Name));
            return;
        }

        if (context is null)
        {
            Begin();
        }
        else
        {
            ExecutionContext.Run(context, static s => ((Invocation<T>)s!).Begin(), this);
        }
    }

    private void Begin()
    {
        SynchronizationContext.SetSynchronizationContext(engine.Scope.Context); // Whatever came along with the caller's execution context: its code was asked to be here, also behind its awaits.
        _ = RelayAsync();
    }

    private async Task RelayAsync()
    {
        try
        {
            done = work();
        }
        catch (Exception e)
        {
            done = Task.FromException<T>(e); // It belongs to the caller, who awaits it.
        }

        // In the loop's context: without it, the answer would take a trip by way of the thread pool.
        await ((Task)done).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        engine.Ring.OffLoop.Complete(static s => ((Invocation<T>)s).result.TrySetFromTask(((Invocation<T>)s).done!), this);
    }
}
