using System.Diagnostics.Tracing;

namespace Dispatch;

/// <summary>How a loop sleeps: not with something to do, not past the time of a timer, and not so that a wake-up is missed. Owner thread only.</summary>
internal sealed class LoopParking(LoopEngine engine)
{
    private const int RefusalsBeforePause = 16;

    private int refused;

    /// <summary>Sleeps until something comes, unless something has come already. Submits what is staged in the same enter.</summary>
    public void Park()
    {
        if (!TryBegin(out long limit))
        {
            return;
        }

        int result = engine.Enter(1, limit);
        End();
        PauseIfRefused(result);
        if (result == -Errno.ETIME)
        {
            engine.Timers.IsDueFlagged = true;
        }
    }

    /// <summary>Publishes that the loop sleeps. False when it must not, because there is something to do; what was staged is submitted then.</summary>
    /// <param name="limit">The longest sleep, in nanoseconds; negative for no limit.</param>
    public bool TryBegin(out long limit)
    {
        limit = 0;

        // One enter carries one ring full. To sleep with a backlog would leave the rest, the cancel of what we wait for perhaps, in user memory.
        if (engine.Submissions.Backlog == 0 && engine.Submissions.Steps == 0)
        {
            limit = engine.Timers.SleepLimit();
            if (limit == 0)
            {
                engine.Timers.IsDueFlagged = true;
            }
            else if (engine.Inbox.TryPark())
            {
                engine.Counters.Parks++;
                engine.Latency?.BeginPark();
                if (DispatchEventSource.Log.IsEnabled(EventLevel.Verbose, DispatchEventSource.Keywords.Parking))
                {
                    DispatchEventSource.Log.Parked(engine.Loop.Name);
                }

                return true;
            }
        }

        engine.SubmitStaged();
        return false;
    }

    /// <summary>The loop runs again.</summary>
    public void End()
    {
        engine.Inbox.Unpark();
        engine.Latency?.EndPark();
        if (DispatchEventSource.Log.IsEnabled(EventLevel.Verbose, DispatchEventSource.Keywords.Parking))
        {
            DispatchEventSource.Log.Unparked(engine.Loop.Name);
        }
    }

    /// <summary>
    /// A kernel without memory refuses the enter, and with it the sleep. What it lacks comes back by itself or not at all: a loop with nothing else to do asks again after a pause, and
    /// does not keep a processor busy with asking.
    /// </summary>
    private void PauseIfRefused(int result)
    {
        if (result is not (-Errno.EAGAIN or -Errno.ENOMEM or -Errno.EBUSY))
        {
            refused = 0;
        }
        else if (++refused >= RefusalsBeforePause)
        {
            engine.Counters.RefusalPauses++;
            Thread.Sleep(1);
        }
    }
}
