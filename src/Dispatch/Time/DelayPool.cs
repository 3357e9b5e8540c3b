namespace Dispatch;

/// <summary>The idle delays of one loop, up to a limit. Owner thread only, but for <see cref="Return"/>.</summary>
internal sealed class DelayPool(LoopEngine engine, int limit)
{
    private DelayOperation? head;
    private int count;

    /// <summary>Gets the loop.</summary>
    public LoopEngine Engine => engine;

    /// <summary>Starts a delay.</summary>
    public ValueTask Start(TimeSpan delay, CancellationToken token)
    {
        engine.VerifyOpen();
        if (token.IsCancellationRequested)
        {
            return ValueTask.FromCanceled(token);
        }

        DelayOperation? operation = head;
        if (operation is null)
        {
            operation = new DelayOperation(this);
        }
        else
        {
            head = operation.NextFree;
            operation.NextFree = null;
            count--;
        }

        return operation.Begin(TimerQueue.Nanoseconds(delay), token);
    }

    /// <summary>Takes one back; from a foreign thread it is left to the collector.</summary>
    public void Return(DelayOperation operation)
    {
        if (count < limit && engine.IsOwner)
        {
            operation.NextFree = head;
            head = operation;
            count++;
        }
    }
}
