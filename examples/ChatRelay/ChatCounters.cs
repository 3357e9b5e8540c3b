namespace Dispatch.Examples.ChatRelay;

/// <summary>What the summary says. Any thread.</summary>
internal sealed class ChatCounters
{
    private long clients;
    private long said;
    private long tooSlow;

    /// <summary>Gets how many clients have come.</summary>
    public long Clients => Volatile.Read(ref clients);

    /// <summary>Gets how many lines were said.</summary>
    public long Said => Volatile.Read(ref said);

    /// <summary>Gets how many clients were let go because they did not read.</summary>
    public long TooSlow => Volatile.Read(ref tooSlow);

    /// <summary>Counts a client.</summary>
    public void CountClient() => Interlocked.Increment(ref clients);

    /// <summary>Counts a line.</summary>
    public void CountSaid() => Interlocked.Increment(ref said);

    /// <summary>Counts a client that was let go.</summary>
    public void CountTooSlow() => Interlocked.Increment(ref tooSlow);
}
