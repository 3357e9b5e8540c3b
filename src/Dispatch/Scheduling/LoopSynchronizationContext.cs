using System.Diagnostics;

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
        return engine.Watch is { } watch ? WaitWatched(watch, waitHandles, waitAll, millisecondsTimeout) : WaitHelper(waitHandles, waitAll, millisecondsTimeout);
    }

    /// <inheritdoc/>
    public override SynchronizationContext CreateCopy() => this;

    /// <summary>Waits in two parts: only a wait that lasts is worth its stack, which nobody but this thread can take.</summary>
    private static int WaitWatched(TurnWatch watch, IntPtr[] handles, bool waitAll, int timeoutMilliseconds)
    {
        int first = watch.Patience;
        if (timeoutMilliseconds >= 0 && timeoutMilliseconds <= first)
        {
            return WaitHelper(handles, waitAll, timeoutMilliseconds);
        }

        watch.BeginWait();
        try
        {
            int result = WaitHelper(handles, waitAll, first);
            if (result != WaitHandle.WaitTimeout)
            {
                return result;
            }

            long began = Stopwatch.GetTimestamp();
            watch.NoteWait(new StackTrace(skipFrames: 2, fNeedFileInfo: true));
            long taken = first + (long)Stopwatch.GetElapsedTime(began).TotalMilliseconds; // Taking the stack takes its time, too.
            return WaitHelper(handles, waitAll, timeoutMilliseconds < 0 ? timeoutMilliseconds : (int)Math.Max(0, timeoutMilliseconds - taken));
        }
        finally
        {
            watch.EndWait();
        }
    }
}
