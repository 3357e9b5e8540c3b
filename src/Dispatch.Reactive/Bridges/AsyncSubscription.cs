namespace Dispatch.Reactive;

/// <summary>One subscription to an asynchronous sequence: asks it for the next item when the observer is through with the last one. Everything on the loop.</summary>
/// <typeparam name="T">The type of an item.</typeparam>
internal sealed class AsyncSubscription<T>(IAsyncEnumerable<T> source, LoopEngine engine, IObserver<T> observer) : IDisposable
{
    private static readonly InboxAction StartAction = static (s, _) => ((AsyncSubscription<T>)s!).StartNow();

    private readonly CancellationTokenSource stopping = new();
    private volatile bool stopped;

    /// <summary>Has the loop begin. Throws when it has stopped.</summary>
    public void Start()
    {
        if (!engine.IsOwner)
        {
            engine.Posted.Post(StartAction, this, 0);
        }
        else
        {
            engine.VerifyOpen();
            engine.Posted.EnqueueLocal(StartAction, this);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        stopped = true;
        stopping.Cancel();
    }

    private void StartNow() => _ = RunAsync();

    private async Task RunAsync()
    {
        Exception? error = null;
        try
        {
            if (!engine.IsPromisedThread())
            {
                error = engine.Gone();
            }
            else if (!stopped)
            {
                error = await EnumerateAsync();
            }

            if (!stopped)
            {
                stopped = true;
                End(error);
            }
        }
        catch (Exception e)
        {
            stopped = true;
            Report(e);
        }
    }

    /// <summary>Tells the items. Returns what ended the source, or null when it came to its end; throws what the observer threw.</summary>
    private async Task<Exception?> EnumerateAsync()
    {
        IAsyncEnumerator<T> items;
        try
        {
            items = source.GetAsyncEnumerator(stopping.Token);
        }
        catch (Exception e)
        {
            return e; // It belongs to the subscriber, like all that the source throws.
        }

        Exception? error = null;
        try
        {
            int inOneGo = 0;
            while (!stopped)
            {
                ValueTask<bool> next;
                try
                {
                    next = items.MoveNextAsync();
                    bool isHere = next.IsCompleted;
                    if (!await next)
                    {
                        break;
                    }

                    inOneGo = isHere ? inOneGo + 1 : 0;
                }
                catch (Exception e)
                {
                    error = e;
                    break;
                }

                if (!engine.IsPromisedThread())
                {
                    error = engine.Gone();
                    break;
                }

                if (!stopped)
                {
                    observer.OnNext(items.Current);
                }

                if (inOneGo >= engine.Options.InboxBudget)
                {
                    inOneGo = 0;
                    await Task.Yield(); // A source that always has the next item must not keep the loop to itself.
                }
            }
        }
        finally
        {
            try
            {
                await items.DisposeAsync();
            }
            catch (Exception e)
            {
                error ??= e;
            }
        }

        return error;
    }

    private void End(Exception? error)
    {
        if (error is null)
        {
            observer.OnCompleted();
        }
        else
        {
            observer.OnError(error);
        }
    }

    private void Report(Exception exception)
    {
        if (engine.IsPromisedThread())
        {
            engine.ReportException(exception, this);
        }
        else
        {
            ThreadPool.UnsafeQueueUserWorkItem(static e => System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(e), exception, preferLocal: false); // Unhandled, as on any thread.
        }
    }
}
