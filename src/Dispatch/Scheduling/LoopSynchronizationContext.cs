using System.Diagnostics;

namespace Dispatch;

/// <summary>
/// The context that brings awaits home: <see cref="Task.Delay(int)"/>, <c>HttpClient</c> or a database driver resume on the loop. It is current during a
/// loop's turn, and only then.
/// </summary>
internal sealed class LoopSynchronizationContext : SynchronizationContext
{
    /// <summary>How long a wait may last that is not worth a word.</summary>
    private const int BriefMilliseconds = 10;

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

    /// <summary>
    /// Waits in two parts: what ends within a few milliseconds is a lock of the runtime's or of a library's that another thread holds just now, and nothing to tell anybody of. One that lasts is reported, with its
    /// stack, which nobody but this thread can take.
    /// </summary>
    /// <param name="waitHandles">What is waited for.</param>
    /// <param name="waitAll">Whether for all of it.</param>
    /// <param name="millisecondsTimeout">For how long, or −1.</param>
    /// <returns>Which of them it was.</returns>
    public override int Wait(IntPtr[] waitHandles, bool waitAll, int millisecondsTimeout)
    {
        TurnWatch? watch = engine.Watch;
        int first = Math.Min(BriefMilliseconds, watch?.Patience ?? BriefMilliseconds);
        if (millisecondsTimeout >= 0 && millisecondsTimeout <= first)
        {
            return WaitHelper(waitHandles, waitAll, millisecondsTimeout);
        }

        watch?.BeginWait();
        try
        {
            int result = WaitHelper(waitHandles, waitAll, first);
            if (result != WaitHandle.WaitTimeout)
            {
                return result;
            }

            long began = Stopwatch.GetTimestamp();
            engine.ReportBlockingWait();
            watch?.NoteWait(new StackTrace(skipFrames: 1, fNeedFileInfo: true));
            long taken = first + (long)Stopwatch.GetElapsedTime(began).TotalMilliseconds; // Taking the stack takes its time, too.
            return WaitHelper(waitHandles, waitAll, millisecondsTimeout < 0 ? millisecondsTimeout : (int)Math.Max(0, millisecondsTimeout - taken));
        }
        finally
        {
            watch?.EndWait();
        }
    }

    /// <inheritdoc/>
    public override SynchronizationContext CreateCopy() => this;
}
