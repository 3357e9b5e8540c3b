using System.Diagnostics;

namespace Dispatch;

/// <summary>The events of an <see cref="AioContext"/> that nobody has taken: put by the owner, taken by any thread. It grows with what is in flight.</summary>
internal sealed class AioEventQueue
{
    private readonly object sync = new();
    private readonly Queue<AioEvent> events = new();
    private int sleeping;
    private bool closed;

    /// <summary>Puts one, and wakes who sleeps. Owner only.</summary>
    public void Put(in AioEvent ended)
    {
        lock (sync)
        {
            events.Enqueue(ended);
            if (sleeping != 0)
            {
                Monitor.PulseAll(sync);
            }
        }
    }

    /// <summary>No event will come any more.</summary>
    public void Close()
    {
        lock (sync)
        {
            closed = true;
            Monitor.PulseAll(sync);
        }
    }

    /// <summary>Takes events when there are enough of them, or when the context has ended. False: neither.</summary>
    /// <param name="minimum">How many are enough.</param>
    /// <param name="destination">Where they go; as many as there are and as fit.</param>
    /// <param name="result">How many; −EINVAL when the context has ended and none is left.</param>
    public bool TryTake(int minimum, Span<AioEvent> destination, out int result)
    {
        lock (sync)
        {
            return TryTakeLocked(minimum, destination, out result);
        }
    }

    /// <summary>Takes what is there.</summary>
    public int TakeWhatIsThere(Span<AioEvent> destination) => TryTake(0, destination, out int result) ? result : 0;

    /// <summary>Sleeps until there are enough, or the time is over; then it takes what is there. Not for the owner, who has to bring them.</summary>
    public int Wait(int minimum, Span<AioEvent> destination, TimeSpan? timeout)
    {
        long start = Stopwatch.GetTimestamp();
        lock (sync)
        {
            int result;
            while (!TryTakeLocked(minimum, destination, out result))
            {
                TimeSpan left = timeout is { } limit ? limit - Stopwatch.GetElapsedTime(start) : Timeout.InfiniteTimeSpan;
                if (timeout is not null && left <= TimeSpan.Zero)
                {
                    TryTakeLocked(0, destination, out result);
                    break;
                }

                sleeping++;
                try
                {
                    // Up to a whole millisecond: a wait for less than one would come back at once, for ever.
                    Monitor.Wait(sync, timeout is null ? Timeout.Infinite : (int)Math.Min(int.MaxValue, Math.Ceiling(left.TotalMilliseconds)));
                }
                finally
                {
                    sleeping--;
                }
            }

            return result;
        }
    }

    private bool TryTakeLocked(int minimum, Span<AioEvent> destination, out int result)
    {
        result = 0;
        if (events.Count < minimum && !closed)
        {
            return false;
        }

        while (result < destination.Length && events.TryDequeue(out AioEvent ended))
        {
            destination[result++] = ended;
        }

        if (result == 0 && closed)
        {
            result = -Errno.EINVAL;
        }

        return true;
    }
}
