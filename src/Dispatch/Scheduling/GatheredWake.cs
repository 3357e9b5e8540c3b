namespace Dispatch;

/// <summary>
/// Wakes a parked owner behind the work that waits in the thread pool, which is likely to post more: the owner then carries all of it at once. Else, where owner and pool share CPUs, the owner would interrupt the pool after
/// every item to carry that one. With nothing waiting there is nothing to gather, and the owner is woken at once.
/// </summary>
internal sealed class GatheredWake(Inbox inbox, OffLoop offLoop) : IThreadPoolWorkItem
{
    private bool isQueued;

    /// <summary>Sees to it that the owner, which was found parked, looks at what is signalled.</summary>
    public void Request()
    {
        if (Volatile.Read(ref isQueued))
        {
            return; // It clears this first, and fences, and then looks: what was signalled before this look is found.
        }

        if (!offLoop.HasMoreToDo)
        {
            inbox.Signal();
        }
        else if (!Interlocked.Exchange(ref isQueued, true))
        {
            offLoop.Queue(this);
        }
    }

    /// <inheritdoc/>
    void IThreadPoolWorkItem.Execute()
    {
        Interlocked.Exchange(ref isQueued, false);
        inbox.Signal();
    }
}
