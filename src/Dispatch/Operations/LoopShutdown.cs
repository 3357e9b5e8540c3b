using System.Diagnostics;

namespace Dispatch;

/// <summary>
/// The end of a loop: cancel everything, reap every terminal completion, and only then close the ring and free what the kernel could write to. What would not end in time is
/// named, and its memory is kept for ever rather than freed under the kernel's hands.
/// </summary>
internal static class LoopShutdown
{
    private const long RoundNanoseconds = 20_000_000;

    /// <summary>What could not be freed because the kernel still has it. Never emptied: that is its purpose.</summary>
    private static readonly List<LoopEngine> Abandoned = [];

    /// <summary>Ends the loop on its own thread. Returns what would not end.</summary>
    public static IReadOnlyList<string> Run(LoopEngine engine, TimeSpan grace)
    {
        engine.IsClosed = true;
        engine.StopOwnRequests();
        engine.Raw.CancelWaiting();
        try
        {
            CancelAndReap(engine, grace);
        }
        catch (InvalidOperationException) when (engine.RingFailure is not null)
        {
            // The end of the loop reports it. Closing the ring makes the kernel cancel what is in flight.
        }

        engine.Inbox.IsClosed = true;
        engine.Turn(); // What was posted before the inbox closed still runs here.
        engine.AbandonLocal();
        engine.Inbox.Abandon();
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
        engine.Inbox.IsClosed = true;
        LoopEngine? mine = LoopThread.Current;
        LoopThread.Claim(engine);
        try
        {
            engine.Submissions.FailUnsubmitted(engine);
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
        long start = Stopwatch.GetTimestamp();
        while (true)
        {
            // Continuations of what was cancelled may begin something new (a close, say), so cancel in every round.
            engine.Turn();
            if (engine.Table.InFlight == 0 && !engine.HasTurnWork)
            {
                break;
            }

            if (Stopwatch.GetElapsedTime(start) > grace)
            {
                break;
            }

            if (engine.Table.InFlight != 0)
            {
                engine.CancelAll();
                engine.Enter(engine.HasTurnWork ? 0u : 1u, RoundNanoseconds);
            }
        }
    }

    private static List<string> CloseRing(LoopEngine engine, bool fromOwner, TimeSpan grace)
    {
        engine.Ring.Close(fromOwner);
        if (engine.Table.InFlight != 0 && engine.Ring.CompletesAfterClose)
        {
            long start = Stopwatch.GetTimestamp();
            SpinWait wait = default;
            while (engine.Table.InFlight != 0 && Stopwatch.GetElapsedTime(start) < grace)
            {
                engine.Submissions.FailUnsubmitted(engine); // What a continuation stages now goes nowhere any more.
                if (engine.Turn() == 0)
                {
                    wait.SpinOnce();
                }
            }

            engine.AbandonLocal();
        }

        List<string> unfinished = [];
        if (engine.Table.InFlight == 0)
        {
            engine.FreeMemory();
        }
        else
        {
            engine.Table.ForEachInFlight(operation => unfinished.Add($"{OpcodeNames.Of(operation.Opcode)} on descriptor {operation.Descriptor} ({engine.Loop.Name})"));
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
