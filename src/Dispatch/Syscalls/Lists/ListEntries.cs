namespace Dispatch;

/// <summary>The entries of a list in the table of a loop. They keep their slots from run to run, until the list goes to another loop or is let go of. Owner thread only, but for <see cref="Leave"/>.</summary>
internal sealed class ListEntries(ListCore list)
{
    private ListEntry[] entries = [];

    /// <summary>Gets how many there are.</summary>
    public int Count => entries.Length;

    /// <summary>Gets one of them.</summary>
    public ListEntry this[int index] => entries[index];

    /// <summary>Makes sure that there are so many.</summary>
    public void Require(LoopEngine engine, int count)
    {
        int first = entries.Length;
        if (first < count)
        {
            Array.Resize(ref entries, count);
            for (int i = first; i < count; i++)
            {
                entries[i] = new ListEntry(engine, list, i);
            }
        }
    }

    /// <summary>Gives their slots back; nothing of them is in flight.</summary>
    public void LeaveNow()
    {
        RemoveAll(entries);
        entries = [];
    }

    /// <summary>Has the loop give their slots back. Between runs, by whoever has claimed the list.</summary>
    public void Leave(LoopEngine engine)
    {
        ListEntry[] old = entries;
        entries = [];
        engine.Posted.TryPost(static (s, _) => RemoveAll((ListEntry[])s!), old, 0);
    }

    private static void RemoveAll(ListEntry[] all)
    {
        foreach (ListEntry entry in all)
        {
            if (entry.Engine.IsOwner)
            {
                entry.Engine.Table.Remove(entry);
            }
        }
    }
}
