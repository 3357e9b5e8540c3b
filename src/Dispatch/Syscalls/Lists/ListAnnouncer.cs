namespace Dispatch;

/// <summary>
/// Tells the sleepers of a loop's lists what a batch of completions has ended: one full fence a batch, however many entries ended in it. The last entry of a list does not wait for the end of the batch.
/// Owner thread only.
/// </summary>
internal sealed class ListAnnouncer
{
    private readonly List<ListCore> lists = [];

    /// <summary>Gets a value indicating whether a list has something to tell.</summary>
    public bool HasAny => lists.Count != 0;

    /// <summary>Adds a list, of which entries have ended.</summary>
    public void Add(ListCore list) => lists.Add(list);

    /// <summary>Tells.</summary>
    public void Run()
    {
        Interlocked.MemoryBarrier();
        foreach (ListCore list in lists)
        {
            list.Announce();
        }

        lists.Clear();
    }
}
