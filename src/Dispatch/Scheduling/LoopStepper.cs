namespace Dispatch;

/// <summary>
/// Drives a loop one step at a time on a thread that drives others as well: what <see cref="LoopRunner"/> does, cut where it would sleep. Each step owns the thread for its time and gives it back
/// to whom it belonged. For kernels that run many loops on one thread; the thread that drives, only.
/// </summary>
internal sealed class LoopStepper(EventLoop loop)
{
    private readonly LoopEngine engine = loop.Engine;
    private int emptyTurns;

    /// <summary>Gets a value indicating whether the loop sleeps: it is to be left alone until there is something for it.</summary>
    public bool IsParked { get; private set; }

    /// <summary>Gets when a parked loop's earliest timer is due, in nanoseconds of its ring's clock; <see cref="long.MaxValue"/> for never.</summary>
    public long ParkedUntil { get; private set; } = long.MaxValue;

    /// <summary>Gets a value indicating whether the loop wanted to sleep in its last step.</summary>
    public bool WantsToPark { get; private set; }

    /// <summary>Gets a value indicating whether the loop has ended.</summary>
    public bool HasEnded => loop.Completed.IsCompleted;

    /// <summary>Gets a value indicating whether a parked loop has to wake for what it or others have left it. Timers are the caller's to watch.</summary>
    public bool HasReason => engine.Ring.Completions.HasEntries || engine.Ring.NeedsAttention || engine.Inbox.IsSignaled;

    /// <summary>Makes one step: a turn, or the submission before a sleep, or the end of the loop. Returns whether it did anything for the user.</summary>
    public bool Step()
    {
        LoopEngine? before = LoopThread.Current;
        LoopThread.Claim(engine);
        try
        {
            return StepAsOwner();
        }
        finally
        {
            if (before is null)
            {
                LoopThread.Release();
            }
            else
            {
                LoopThread.Claim(before);
            }
        }
    }

    /// <summary>Ends a sleep. The next step looks for what there is.</summary>
    /// <param name="timeIsOver">Whether the earliest timer is due.</param>
    public void Wake(bool timeIsOver)
    {
        if (!IsParked)
        {
            return;
        }

        IsParked = false;
        ParkedUntil = long.MaxValue;
        engine.Parking.End();
        if (timeIsOver)
        {
            engine.Timers.IsDueFlagged = true;
        }
    }

    private bool StepAsOwner()
    {
        if (loop.Life.IsStopping || engine.RingFailure is not null)
        {
            loop.Life.EndStepped();
            return true;
        }

        bool did = false;
        try
        {
            if (engine.HasTurnWork)
            {
                emptyTurns = 0;
                did = engine.Turn() != 0;
                if (engine.HasTurnWork)
                {
                    engine.SubmitStaged();
                    return did;
                }
            }

            WantsToPark = engine.Options.Idle.Decide(emptyTurns < int.MaxValue ? ++emptyTurns : emptyTurns) == IdleAction.Park;
            if (WantsToPark)
            {
                Park();
            }
            else
            {
                engine.Timers.ArmForPolling();
                engine.SubmitStaged();
            }
        }
        catch (InvalidOperationException e) when (ReferenceEquals(e, engine.RingFailure))
        {
            return true; // The next step ends the loop, and its task tells why.
        }

        return did;
    }

    private void Park()
    {
        if (!engine.Parking.TryBegin(out long limit))
        {
            return;
        }

        long begun = engine.Timers.Now;
        engine.SubmitStaged();
        IsParked = true;
        ParkedUntil = limit < 0 || limit > long.MaxValue - begun ? long.MaxValue : begun + limit;
        if (engine.Submissions.HasStaged)
        {
            Wake(timeIsOver: false); // A part of it was refused, or taken later: to sleep now would leave it.
        }
    }
}
