namespace Dispatch;

/// <summary>
/// What runs on the owner because somebody asked for it: from other threads through the inbox, from the owner itself through a local queue that needs no lock and no wake.
/// </summary>
internal sealed class PostedWork(LoopEngine engine, LoopSignal signal, Inbox inbox)
{
    private readonly Queue<InboxItem> local = new();

    /// <summary>Gets a value indicating whether a turn has something of it to run.</summary>
    public bool HasWork => local.Count != 0 || inbox.IsSignaled;

    /// <summary>Gets a value indicating whether the owner has queued something for itself.</summary>
    public bool HasLocal => local.Count != 0;

    /// <summary>Queues something for a later turn of this thread. Owner only.</summary>
    public void EnqueueLocal(SendOrPostCallback callback, object? state) => Enqueue(new InboxItem(callback, state, 0));

    /// <summary>Queues an internal action for a later turn of this thread. Owner only.</summary>
    public void EnqueueLocal(InboxAction action, object? state) => Enqueue(new InboxItem(action, state, 0));

    /// <summary>Posts user code from any thread; throws when the loop is closed.</summary>
    public void Post(SendOrPostCallback callback, object? state) =>
        ObjectDisposedException.ThrowIf(!inbox.TryPost(new InboxItem(callback, state, 0)), engine.Loop);

    /// <summary>Posts an internal action from any thread; throws when the loop is closed.</summary>
    public void Post(InboxAction action, object? state, long argument) =>
        ObjectDisposedException.ThrowIf(!inbox.TryPost(new InboxItem(action, state, argument)), engine.Loop);

    /// <summary>Posts an internal action from any thread; on a closed loop there is nothing to act on.</summary>
    public bool TryPost(InboxAction action, object? state, long argument) => inbox.TryPost(new InboxItem(action, state, argument));

    /// <summary>The same, for what threads of the pool post much of and do not wait for: see <see cref="Inbox.TryPostGathered"/>.</summary>
    public bool TryPostGathered(InboxAction action, object? state, long argument) => inbox.TryPostGathered(new InboxItem(action, state, argument));

    /// <summary>Posts user code from any thread; when the loop is closed it runs on the thread pool, so that no awaiter waits for ever.</summary>
    public void PostOrPool(SendOrPostCallback callback, object? state)
    {
        InboxItem item = new(callback, state, 0);
        if (!inbox.TryPost(item))
        {
            item.RunOnThreadPool();
        }
    }

    /// <summary>Runs what was there when the call began, up to the budget. Returns how much.</summary>
    public int Run(int budget)
    {
        int done = 0;
        int mine = Math.Min(local.Count, budget); // What these enqueue in turn waits for the next turn.
        while (done < mine)
        {
            RunItem(local.Dequeue());
            done++;
        }

        if (!inbox.IsSignaled)
        {
            return done;
        }

        inbox.BeginDrain();
        int left = budget;
        while (left > 0 && inbox.TryTake(out InboxItem item))
        {
            RunItem(item);
            left--;
        }

        if (left == 0)
        {
            inbox.ResumeLater();
        }

        return done + budget - left;
    }

    /// <summary>Runs what the owner had queued for itself where it can still run.</summary>
    public void AbandonLocal()
    {
        while (local.TryDequeue(out InboxItem item))
        {
            item.RunOnThreadPool();
        }
    }

    private void Enqueue(in InboxItem item)
    {
        signal.IsRaised = true;
        local.Enqueue(item);
    }

    private void RunItem(in InboxItem item)
    {
        if (engine.OwnerIsDead && item.IsUserCode)
        {
            item.RunOnThreadPool(); // Whoever stands in for the owner reaps; it is not the thread that was promised.
            return;
        }

        engine.Watch?.Note(TurnCallback.Posted, item.Callback, item.State);
        try
        {
            item.Run();
        }
        catch (Exception e)
        {
            engine.ReportException(e, null);
        }

        engine.Scope.Restore();
    }
}
