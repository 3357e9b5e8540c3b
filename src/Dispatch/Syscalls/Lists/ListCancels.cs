namespace Dispatch;

/// <summary>Cancels entries of a list, from whichever thread: the kernel, or the worker, is asked on the owner.</summary>
/// <param name="list">The list.</param>
/// <param name="entries">Its entries.</param>
internal sealed class ListCancels(ListCore list, ListEntries entries)
{
    /// <summary>Cancels an entry and its chain, or everything (−1), of the given run. Any thread; only of a list that was submitted.</summary>
    public void Cancel(int index, int run)
    {
        if (!list.IsInFlight)
        {
            return;
        }

        if (list.Engine.IsOwner)
        {
            CancelOnOwner(index, run);
        }
        else
        {
            list.Engine.Posted.TryPost(static (s, at) => ((ListCancels)s!).CancelOnOwner((int)at, (int)(at >> 32)), this, ((long)run << 32) | (uint)index);
        }
    }

    private void CancelOnOwner(int index, int run)
    {
        if (!list.Engine.IsOwner || !IsCurrent(run))
        {
            return;
        }

        if (index >= 0)
        {
            CancelEntry(index);
            return;
        }

        for (int i = 0; i < entries.Count && i < list.Requests.Count && IsCurrent(run); i++)
        {
            CancelEntry(i);
        }
    }

    private bool IsCurrent(int run) => list.IsInFlight && list.Run == run;

    private void CancelEntry(int index)
    {
        if (list.Steps is null || !list.Steps.TryCancel(index))
        {
            entries[index].RequestCancel();
        }

        list.TellNow();
    }
}
