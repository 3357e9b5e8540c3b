namespace Dispatch;

/// <summary>What drives a loop: one poll of a user's main loop, or turn after turn with idling between.</summary>
internal static class LoopRunner
{
    /// <summary>
    /// One poll that found work. What was staged goes to the kernel first when nothing has completed yet, so that submit-then-poll brings what completes at once; what the callbacks staged goes last.
    /// </summary>
    public static int Poll(LoopEngine engine)
    {
        if (!engine.Ring.Completions.HasEntries)
        {
            engine.SubmitStaged();
        }

        int done = engine.Turn();
        engine.Timers.ArmForPolling();
        engine.SubmitStaged();
        engine.SettleSignal();
        return done;
    }

    /// <summary>Runs turns until the loop is to stop or the token is cancelled.</summary>
    public static void Run(LoopEngine engine, CancellationToken token)
    {
        LoopLife life = engine.Loop.Life;
        IdleStrategy idle = engine.Options.Idle;
        int emptyTurns = 0;
        while (!life.IsStopping && !token.IsCancellationRequested)
        {
            if (engine.HasTurnWork)
            {
                emptyTurns = 0;
                engine.Turn();
                if (engine.HasTurnWork)
                {
                    engine.SubmitStaged(); // More to deliver already: submit without waiting and go on.
                    continue;
                }
            }

            switch (idle.Decide(emptyTurns < int.MaxValue ? ++emptyTurns : emptyTurns))
            {
                case IdleAction.Park:
                    if (!life.IsStopping && !token.IsCancellationRequested)
                    {
                        engine.Parking.Park();
                    }

                    break;
                case IdleAction.Yield:
                    KeepPolling(engine, emptyTurns);
                    Thread.Yield();
                    break;
                default:
                    KeepPolling(engine, emptyTurns);
                    break;
            }
        }
    }

    private static void KeepPolling(LoopEngine engine, int emptyTurns)
    {
        if (emptyTurns == 1)
        {
            engine.Timers.ArmForPolling();
        }

        engine.SubmitStaged();
    }
}
