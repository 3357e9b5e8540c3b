namespace Dispatch.Examples.LogWatch;

/// <summary>One followed file and what was seen of it. Counted on the loop; the display looks at it from there too.</summary>
internal sealed class WatchedFile(string path, FileTail tail)
{
    private readonly Queue<long> recent = new();
    private long counted;

    public string Path => path;

    public FileTail Tail => tail;

    public long Lines { get; set; }

    public long Matched { get; set; }

    public long Bytes { get; set; }

    /// <summary>Gets the matched lines of each of the last seconds, the newest last.</summary>
    public IReadOnlyCollection<long> Rates => recent;

    /// <summary>A second is over.</summary>
    public void EndSecond(int seconds)
    {
        recent.Enqueue(Matched - counted);
        counted = Matched;
        while (recent.Count > seconds)
        {
            recent.Dequeue();
        }
    }
}
