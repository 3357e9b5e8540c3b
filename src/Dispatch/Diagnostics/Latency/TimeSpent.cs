namespace Dispatch;

/// <summary>
/// What a loop's time goes into: sleep, turns, and what is between them (looking for work, entering the kernel; of an attached loop, its user's own code). Written by the owner, read by any thread: a reader that finds the owner
/// writing reads again.
/// </summary>
internal sealed class TimeSpent
{
    private readonly NanosecondClock clock;
    private int version;
    private State state;
    private long since;
    private long parked;
    private long inTurns;

    public TimeSpent(NanosecondClock clock)
    {
        this.clock = clock;
        since = clock.Now;
    }

    /// <summary>What a loop does.</summary>
    public enum State
    {
        /// <summary>Neither of the others.</summary>
        Between,

        /// <summary>It runs a turn.</summary>
        Turn,

        /// <summary>It sleeps.</summary>
        Parked,
    }

    /// <summary>The loop does something else now. Owner only. Returns since when it did what it did.</summary>
    public long Enter(State next, long now)
    {
        long began = since;
        Volatile.Write(ref version, version + 1);
        Interlocked.MemoryBarrier(); // The odd version is seen before what follows is.
        if (state == State.Parked)
        {
            parked += now - began;
        }
        else if (state == State.Turn)
        {
            inTurns += now - began;
        }

        state = next;
        since = now;
        Volatile.Write(ref version, version + 1);
        return began;
    }

    /// <summary>Reads it, what is going on now included. Any thread.</summary>
    public (TimeSpan Parked, TimeSpan InTurns) Read()
    {
        SpinWait wait = default;
        while (true)
        {
            int before = Volatile.Read(ref version);
            (State State, long Since, long Parked, long InTurns) copy = (state, since, parked, inTurns);
            Interlocked.MemoryBarrier();
            if ((before & 1) == 0 && Volatile.Read(ref version) == before)
            {
                long current = Math.Max(0, clock.Now - copy.Since);
                return (
                    Span(copy.Parked + (copy.State == State.Parked ? current : 0)),
                    Span(copy.InTurns + (copy.State == State.Turn ? current : 0)));
            }

            wait.SpinOnce();
        }
    }

    private static TimeSpan Span(long nanoseconds) => TimeSpan.FromTicks(nanoseconds / 100);
}
