namespace Dispatch;

/// <summary>
/// The context that brings awaits home: <see cref="Task.Delay(int)"/>, <c>HttpClient</c> or a database driver resume on the loop. It is current during a
/// loop's turn, and only then.
/// </summary>
internal sealed class LoopSynchronizationContext : SynchronizationContext
{
    private readonly LoopEngine engine;

    public LoopSynchronizationContext(LoopEngine engine)
    {
        this.engine = engine;

        // Blocking waits on this thread (Task.Wait, lock, SemaphoreSlim) then pass through Wait, where they are seen.
        SetWaitNotificationRequired();
    }

    /// <inheritdoc/>
    public override void Post(SendOrPostCallback d, object? state)
    {
        if (engine.IsOwner)
        {
            engine.Posted.EnqueueLocal(d, state);
        }
        else
        {
            engine.Posted.PostOrPool(d, state);
        }
    }

    /// <inheritdoc/>
    public override void Send(SendOrPostCallback d, object? state)
    {
        if (engine.IsOwner)
        {
            d(state);
            return;
        }

        using ManualResetEventSlim done = new();
        Exception? thrown = null;
        engine.Posted.PostOrPool(
            _ =>
            {
                try
                {
                    d(state);
                }
                catch (Exception e)
                {
                    thrown = e; // It belongs to the sender, who is waiting for it.
                }
                finally
                {
                    done.Set();
                }
            },
            null);
        done.Wait();
        if (thrown is not null)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(thrown);
        }
    }

    /// <inheritdoc/>
    public override int Wait(IntPtr[] waitHandles, bool waitAll, int millisecondsTimeout)
    {
        engine.ReportBlockingWait();
        return WaitHelper(waitHandles, waitAll, millisecondsTimeout);
    }

    /// <inheritdoc/>
    public override SynchronizationContext CreateCopy() => this;
}
