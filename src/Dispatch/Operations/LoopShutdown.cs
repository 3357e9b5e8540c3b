namespace Dispatch;

/// <summary>
/// The end of a loop: cancel everything, reap every terminal completion, and only then close the ring and free what the kernel could write to. What would not end in time is
/// named, and its memory is kept for ever rather than freed under the kernel's hands.
/// </summary>
internal static class LoopShutdown
{
    private const long RoundNanoseconds = 20_000_000;
    private const long CallRoundNanoseconds = 1_000_000;

    /// <summary>What could not be freed because the kernel still has it. Never emptied: that is its purpose.</summary>
    private static readonly List<LoopEngine> Abandoned = [];

    /// <summary>Ends the loop on its own thread. Returns what would not end.</summary>
    public static IReadOnlyList<string> Run(LoopEngine engine, TimeSpan grace)
    {
        engine.IsClosed = true;
        engine.StopOwnRequests();
        engine.CancelWaiting();
        try
        {
            CancelAndReap(engine, grace);
        }
        catch (InvalidOperationException) when (engine.RingFailure is not null)
        {
            // The end of the loop reports it. Closing the ring makes the kernel cancel what is in flight.
        }

        engine.Inbox.Close();
        engine.Turn(); // What was posted before the inbox closed still runs here.
        return CloseRing(engine, fromOwner: true, grace);
    }

    /// <summary>
    /// Ends a loop whose thread has died. Nobody can enter its ring any more, but closing the descriptor makes the kernel cancel, and terminal completions still arrive in the ring's
    /// memory, because that is ours. This thread stands in as owner; awaiters resume on the thread pool.
    /// </summary>
    public static IReadOnlyList<string> RunForDeadOwner(LoopEngine engine, TimeSpan grace)
    {
        engine.IsClosed = true;
        engine.OwnerIsDead = true;
        engine.Inbox.Close();
        LoopEngine? mine = LoopThread.Current;
        LoopThread.Claim(engine);
        try
        {
            engine.StopOwnRequests(); // Its cancels will not be submitted, but what it stops is not armed again, and who awaits a timer is told.
            engine.CancelWaiting();
            return CloseRing(engine, fromOwner: false, grace);
        }
        finally
        {
            if (mine is null)
            {
                LoopThread.Release();
            }
            else
            {
                LoopThread.Claim(mine);
            }
        }
    }

    private static void CancelAndReap(LoopEngine engine, TimeSpan grace)
    {
        TimeProvider clock = engine.Ring.Clock;
        long start = clock.GetTimestamp();
        while (true)
        {
            // Continuations of what was cancelled may begin something new (a close, say), so cancel in every round.
            engine.Turn();

            // What others post does not count: they may never stop, and what got in before the close of the inbox is run after this.
            if (engine.Table.InFlight == 0 && !engine.Posted.HasLocal && !engine.Delivery.HasDeferred && !engine.Ring.Completions.HasEntries)
            {
                break;
            }

            if (clock.GetElapsedTime(start) > grace)
            {
                break;
            }

            if (engine.Table.InFlight != 0)
            {
                engine.CancelAll();

                // The wake-up request has been stopped, so that nothing but time ends a round in which only workers have something.
                long round = engine.WorkersIfCreated is { InFlight: > 0 } ? CallRoundNanoseconds : RoundNanoseconds;
                engine.Enter(engine.HasTurnWork || engine.Submissions.Backlog != 0 ? 0u : 1u, round);
            }
        }
    }

    private static List<string> CloseRing(LoopEngine engine, bool fromOwner, TimeSpan grace)
    {
        engine.WorkersIfCreated?.Stop();
        engine.Ring.Close(fromOwner);
        TimeProvider clock = engine.Ring.Clock;
        long start = clock.GetTimestamp();
        SpinWait wait = default;
        while (true)
        {
            // Nobody can submit any more, so this round's answers are given here: also to what the last round's consumers began, a close say.
            engine.Submissions.FailUnsubmitted(engine);
            bool idle = engine.Turn() == 0 && !engine.HasTurnWork;
            bool mayComplete = engine.Ring.CompletesAfterClose || engine.WorkersIfCreated is { InFlight: > 0 };
            if (idle && (engine.Table.InFlight == 0 || !mayComplete || clock.GetElapsedTime(start) > grace))
            {
                break;
            }

            if (idle)
            {
                engine.WorkersIfCreated?.CancelAll();
                wait.SpinOnce();
            }
            else if (clock.GetElapsedTime(start) > grace)
            {
                break; // A consumer that always begins something new.
            }
        }

        if (engine.WorkersIfCreated is { } workers)
        {
            workers.Close();
            engine.Turn(); // What was done just before.
        }

        engine.Posted.AbandonLocal();
        engine.Inbox.Abandon();

        List<string> unfinished = [];
        if (engine.Table.InFlight == 0)
        {
            engine.FreeMemory();
        }
        else
        {
            engine.Table.ForEachInFlight(operation => unfinished.Add(operation.IsCall
                ? $"{operation.CallName}, in a worker that no signal gets out of it ({engine.Loop.Name})"
                : $"{operation.CallName} on descriptor {operation.Descriptor} ({engine.Loop.Name})"));
            if (unfinished.Count == 0)
            {
                unfinished.Add($"{engine.Table.InFlight} raw request(s) ({engine.Loop.Name})");
            }

            lock (Abandoned)
            {
                Abandoned.Add(engine);
            }
        }

        return unfinished;
    }
}
