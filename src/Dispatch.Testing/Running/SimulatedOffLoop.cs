namespace Dispatch.Testing;

/// <summary>What the core has done off its loops, on the simulation's thread and in virtual time. Blocking code that was offloaded runs at once, as one event, in its own order.</summary>
internal sealed class SimulatedOffLoop(SimulatedKernel kernel) : OffLoop
{
    /// <inheritdoc/>
    public override TimeProvider Clock => kernel.Clock;

    /// <inheritdoc/>
    public override TaskCreationOptions CompletionOptions => kernel.IsStepped ? TaskCreationOptions.None : base.CompletionOptions;

    /// <inheritdoc/>
    public override void Complete(Action<object> complete, object state)
    {
        if (!kernel.IsStepped)
        {
            base.Complete(complete, state);
            return;
        }

        kernel.Script.PostBare(
            static s =>
            {
                (Action<object> action, object argument) = ((Action<object>, object))s!;
                action(argument);
            },
            (complete, state));
    }

    /// <inheritdoc/>
    public override void Queue(IThreadPoolWorkItem work)
    {
        if (!kernel.IsStepped)
        {
            base.Queue(work);
            return;
        }

        kernel.Events.Schedule(new OffloadEvent(work), kernel.Now + kernel.DrawDelay());
    }

    /// <inheritdoc/>
    public override Task<T> Run<T>(Func<T> work, CancellationToken token) => kernel.IsStepped ? Start(() => Task.FromResult(work())) : base.Run(work, token);

    /// <inheritdoc/>
    public override Task Start(Func<Task> work) => kernel.IsStepped
        ? Start(async () =>
        {
            await work();
            return true;
        })
        : base.Start(work);

    /// <inheritdoc/>
    public override Task<T> Start<T>(Func<Task<T>> work)
    {
        if (!kernel.IsStepped)
        {
            return base.Start(work);
        }

        TaskCompletionSource<T> result = new();
        kernel.Script.Post(_ => Relay(work, result), null);
        return result.Task;
    }

    /// <inheritdoc/>
    public override Task CancelAsync(CancellationTokenSource source)
    {
        if (!kernel.IsStepped)
        {
            return base.CancelAsync(source);
        }

        TaskCompletionSource<bool> done = new();
        kernel.Script.PostBare(
            _ =>
            {
                try
                {
                    source.Cancel();
                    done.SetResult(true);
                }
                catch (AggregateException e)
                {
                    done.SetException(e);
                }
            },
            null);
        return done.Task;
    }

    private async void Relay<T>(Func<Task<T>> work, TaskCompletionSource<T> result)
    {
        Task<T> task;
        try
        {
            task = work();
        }
        catch (Exception e)
        {
            task = Task.FromException<T>(e); // It belongs to whoever awaits.
        }

        await ((Task)task).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        kernel.Script.PostBare(_ => result.SetFromTask(task), null);
    }

    private sealed class OffloadEvent(IThreadPoolWorkItem work) : SimulatedEvent
    {
        public override void Fire() => work.Execute();
    }
}
