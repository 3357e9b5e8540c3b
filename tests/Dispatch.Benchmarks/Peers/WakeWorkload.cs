namespace Dispatch.Benchmarks;

/// <summary>
/// How long it takes until a receiver that has nothing to do has a message: from just before the sending to the receiver's own look at the
/// clock. Between messages the sender stays busy long enough for the receiver to have gone to sleep.
/// </summary>
internal abstract class WakeWorkload : IWorkload
{
    private const long PauseNs = 1_000_000;

    private readonly List<long> latencies = new(1 << 16);
    private long receivedAt;

    public Window Run(TimeSpan length)
    {
        latencies.Clear();
        long begin = WallClock.NowNs();
        long deadline = WallClock.DeadlineNs(begin, length);
        long now;
        do
        {
            SpinUntil(WallClock.NowNs() + PauseNs);
            Volatile.Write(ref receivedAt, 0);
            long sentAt = WallClock.NowNs();
            Send();
            while (Volatile.Read(ref receivedAt) == 0)
            {
                BusyWait.Pause();
            }

            now = WallClock.NowNs();
            latencies.Add(receivedAt - sentAt);
        }
        while (now < deadline);

        latencies.Sort();
        return new Window
        {
            Operations = latencies.Count,
            WallNs = now - begin,
            P50Ns = latencies[latencies.Count / 2],
            P99Ns = latencies[(int)(latencies.Count * 0.99)],
        };
    }

    public abstract void Dispose();

    /// <summary>Sends one message to the receiver, from the workload's thread.</summary>
    protected abstract void Send();

    /// <summary>To be called by the receiver, on its thread, when it has the message.</summary>
    protected void Received() => Volatile.Write(ref receivedAt, WallClock.NowNs());

    private static void SpinUntil(long time)
    {
        while (WallClock.NowNs() < time)
        {
            BusyWait.Pause();
        }
    }
}
