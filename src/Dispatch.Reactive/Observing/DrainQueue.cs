namespace Dispatch.Reactive;

/// <summary>
/// The subscriptions of one loop that have something to deliver, in turn: each a small batch, together no more a turn than the loop's inbox budget. The loop's local queue holds one entry for all of them. Owner only, but for
/// <see cref="Signal"/>.
/// </summary>
internal sealed class DrainQueue(LoopEngine engine)
{
    private const int Batch = 64;

    private static readonly InboxAction RunAction = static (s, _) => ((DrainQueue)s!).Run();
    private static readonly InboxAction ArriveAction = static (s, _) => ((Drain)s!).Queue.Arrive((Drain)s);

    private Drain? first;
    private Drain? last;
    private bool isQueued;

    /// <summary>Those that have delivered all there was, and are looked at once more in the next turn.</summary>
    private Drain? lingering;

    /// <summary>Has the loop come by. Whoever has just got the right to drain, from any thread.</summary>
    public void Signal(Drain drain)
    {
        if (engine.IsOwner)
        {
            Add(drain);
        }
        else if (!engine.Posted.TryPost(ArriveAction, drain, 0))
        {
            drain.EndWithoutLoop();
        }
    }

    private void Arrive(Drain drain)
    {
        if (engine.IsOwner)
        {
            Add(drain);
        }
        else
        {
            drain.EndWithoutLoop(); // On the thread pool: the loop did not get to the message.
        }
    }

    private void Add(Drain drain)
    {
        if (last is null)
        {
            first = drain;
        }
        else
        {
            last.NextReady = drain;
        }

        last = drain;
        if (!isQueued)
        {
            isQueued = true;
            engine.Posted.EnqueueLocal(RunAction, this);
        }
    }

    private Drain? Take()
    {
        Drain? taken = first;
        if (taken is not null)
        {
            first = taken.NextReady;
            taken.NextReady = null;
            last = first is null ? null : last;
        }

        return taken;
    }

    private void Run()
    {
        if (!engine.IsPromisedThread())
        {
            EndAll();
            return;
        }

        // While this runs, it counts as queued: what becomes ready meanwhile has its turn below, or in the next one.
        int left = engine.Options.InboxBudget;
        while (left > 0 && Take() is { } drain)
        {
            left -= Math.Max(1, RunOne(drain, Math.Min(left, Batch)));
        }

        while (lingering is { } waiting)
        {
            lingering = waiting.NextReady;
            waiting.NextReady = null;
            Add(waiting);
        }

        isQueued = first is not null;
        if (isQueued)
        {
            engine.Posted.EnqueueLocal(RunAction, this);
        }
    }

    private int RunOne(Drain drain, int most)
    {
        int done = 0;
        try
        {
            if (engine.IsClosed)
            {
                drain.RunLast();
            }
            else if (drain.Run(most, out done))
            {
                if (done == most)
                {
                    Add(drain);
                }
                else
                {
                    drain.NextReady = lingering;
                    lingering = drain;
                }
            }
        }
        catch (Exception e)
        {
            engine.ReportException(e, drain); // The subscription has ended itself.
        }

        engine.Scope.Restore();
        return done;
    }

    private void EndAll()
    {
        while (Take() is { } drain)
        {
            if (engine.IsOwner)
            {
                ThreadPool.UnsafeQueueUserWorkItem(static d => d.EndWithoutLoop(), drain, preferLocal: false); // This thread reaps for a dead owner, and is nobody's to call back on.
            }
            else
            {
                drain.EndWithoutLoop();
            }
        }
    }
}
