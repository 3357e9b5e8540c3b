namespace Dispatch.Testing;

/// <summary>Which pages of a file are in the page cache: all but those that were dropped, or never read. Only a read that may not wait can tell the difference, so only those that are missing are remembered.</summary>
internal sealed class ResidentPages
{
    private const int Page = FileSystem.PageBytes;

    private readonly SortedSet<int> missing = [];

    /// <summary>Counts the bytes of a range that are there, from its beginning to the first missing page.</summary>
    public int Prefix(long offset, int count)
    {
        if (count == 0 || missing.Count == 0)
        {
            return count;
        }

        foreach (int page in missing.GetViewBetween(PageOf(offset), PageOf(offset + count - 1)))
        {
            return (int)Math.Max(0, ((long)page * Page) - offset);
        }

        return count;
    }

    /// <summary>The pages of a range are there now.</summary>
    public void Add(long offset, int count)
    {
        if (count > 0 && missing.Count != 0)
        {
            missing.RemoveWhere(p => p >= PageOf(offset) && p <= PageOf(offset + count - 1));
        }
    }

    /// <summary>Drops one page.</summary>
    public void Drop(int page) => missing.Add(page);

    private static int PageOf(long offset) => (int)(offset / Page);
}
