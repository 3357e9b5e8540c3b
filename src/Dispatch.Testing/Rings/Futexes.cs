namespace Dispatch.Testing;

/// <summary>Requests that wait at a word of memory, in order. <c>futex(2)</c>.</summary>
internal sealed class Futexes
{
    private readonly List<(ulong Address, RingWork Work)> waiters = [];

    /// <summary>Waits, unless the word has another value.</summary>
    public int Wait(RingWork work, ulong address, uint expected)
    {
        if (ReadWord(address) != expected)
        {
            return -Errno.EAGAIN;
        }

        waiters.Add((address, work));
        return Outcome.WouldBlock;
    }

    /// <summary>Wakes some that wait, the oldest first. Returns how many.</summary>
    public int Wake(ulong address, ulong count)
    {
        int woken = 0;
        for (int i = 0; i < waiters.Count && (ulong)woken < count;)
        {
            (ulong at, RingWork work) = waiters[i];
            if (at != address)
            {
                i++;
                continue;
            }

            waiters.RemoveAt(i);
            woken++;
            work.Decided = 0;
            work.Ring.OnReady(work);
        }

        return woken;
    }

    /// <summary>Takes a request out of the line, if it stands in one.</summary>
    public void Remove(RingWork work)
    {
        if (work.Request.Opcode == Opcode.FutexWait)
        {
            waiters.RemoveAll(w => ReferenceEquals(w.Work, work));
        }
    }

    private static unsafe uint ReadWord(ulong address) => Volatile.Read(ref *(uint*)address);
}
