namespace Dispatch;

/// <summary>Code that is to run on a loop and to be awaited: at once, where the caller is in one of the loop's turns, or by way of the inbox. An exception belongs to the task either way.</summary>
internal static class LoopInvocations
{
    /// <summary>Runs code that has a result.</summary>
    public static Task<T> InvokeAsync<T>(LoopEngine engine, Func<Task<T>> work) =>
        IsHere(engine) ? RunHereAsync(engine, work, Task.FromException<T>) : Invocation<T>.Start(engine, work);

    /// <summary>Runs code; reports call it by the name of what the user gave.</summary>
    public static Task InvokeAsync(LoopEngine engine, Func<Task> work, Delegate given) =>
        IsHere(engine) ? RunHereAsync(engine, work, Task.FromException) : SendAsync(engine, work, given);

    /// <summary>Runs code that awaits nothing.</summary>
    public static Task InvokeAsync(LoopEngine engine, Action work) => InvokeAsync(
        engine,
        () =>
        {
            work();
            return Task.CompletedTask;
        },
        given: work);

    private static bool IsHere(LoopEngine engine) => engine.IsOwner && engine.Scope.IsActive;

    private static TTask RunHereAsync<TTask>(LoopEngine engine, Func<TTask> work, Func<Exception, TTask> failed)
        where TTask : Task
    {
        // As behind the inbox: who asks to be here wants to come back here behind its awaits, whatever context the caller is in.
        SynchronizationContext? found = SynchronizationContext.Current;
        bool isOther = !ReferenceEquals(found, engine.Scope.Context);
        if (isOther)
        {
            SynchronizationContext.SetSynchronizationContext(engine.Scope.Context);
        }

        try
        {
            return work();
        }
        catch (Exception e)
        {
            return failed(e);
        }
        finally
        {
            if (isOther)
            {
                SynchronizationContext.SetSynchronizationContext(found);
            }
        }
    }

    /// <summary>A method of its own, because its closure would be allocated for callers on the owner too.</summary>
    private static Task<bool> SendAsync(LoopEngine engine, Func<Task> work, Delegate given) => Invocation<bool>.Start(
        engine,
        async () =>
        {
            await work();
            return true;
        },
        given);
}
