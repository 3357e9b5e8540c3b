using System.Threading.Tasks.Sources;

namespace Dispatch;

/// <summary>Blocking code that runs on a worker and whose result comes back through the inbox, to continue on the owner.</summary>
internal sealed class OffloadOperation<T> : IThreadPoolWorkItem, IOwnerSource, IValueTaskSource<T>
{
    private readonly Func<T> work;
    private readonly CancellationToken token;
    private readonly ExecutionContext? context = ExecutionContext.Capture();
    private OwnerCompletionCore core;
    private T? result;
    private Exception? failure;

    private OffloadOperation(LoopEngine engine, Func<T> work, CancellationToken token)
    {
        Engine = engine;
        this.work = work;
        this.token = token;
    }

    /// <inheritdoc/>
    public LoopEngine Engine { get; }

    /// <inheritdoc/>
    public ref OwnerCompletionCore Core => ref core;

    /// <summary>Starts it. Owner only.</summary>
    public static ValueTask<T> Start(LoopEngine engine, Func<T> work, CancellationToken token)
    {
        OffloadOperation<T> operation = new(engine, work, token);
        engine.Ring.OffLoop.Queue(operation);
        return new ValueTask<T>(operation, operation.core.Version);
    }

    /// <inheritdoc/>
    public void Execute()
    {
        try
        {
            token.ThrowIfCancellationRequested();
            Run();
        }
        catch (Exception e)
        {
            failure = e; // It belongs to whoever awaits.
        }

        Engine.Posted.PostOrPool(
            static s =>
            {
                OffloadOperation<T> self = (OffloadOperation<T>)s!;
                self.Engine.CountHandOff();
                self.core.SetCompleted(self.Engine);
            },
            this);
    }

    /// <inheritdoc/>
    public ValueTaskSourceStatus GetStatus(short token) => core.GetStatus(token, in failure);

    /// <inheritdoc/>
    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        core.OnCompleted(Engine, this, continuation, state, token, flags);

    /// <inheritdoc/>
    public T GetResult(short token)
    {
        core.VerifyCompleted(token);
        if (failure is not null)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failure);
        }

        return result!;
    }

    private void Run()
    {
        if (context is null)
        {
            result = work();
        }
        else
        {
            // As with Task.Run: the caller's async-locals are the work's.
            ExecutionContext.Run(
                context,
                static s =>
                {
                    OffloadOperation<T> self = (OffloadOperation<T>)s!;
                    self.result = self.work();
                },
                this);
        }
    }
}
