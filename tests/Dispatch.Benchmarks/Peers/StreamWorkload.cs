namespace Dispatch.Benchmarks;

/// <summary>
/// Numbered messages from the workload's thread to a receiver on another, as fast as they go, with so many on their way at most that no queue grows without end.
/// </summary>
/// <param name="maxInFlight">How many.</param>
internal abstract class StreamWorkload(int maxInFlight = 1024) : IWorkload
{
    private long received;
    private long sent;

    public Window Run(TimeSpan length)
    {
        Heat(true);
        long first = sent;
        long allocated = GC.GetTotalAllocatedBytes(precise: true);
        long cpuNs = CpuClock.OfThisProcess();
        long begin = WallClock.NowNs();
        long deadline = WallClock.DeadlineNs(begin, length);
        do
        {
            for (int i = 0; i < maxInFlight / 4; i++)
            {
                Send(++sent);
            }

            WaitUntilInFlightIsAtMost(maxInFlight * 3 / 4);
        }
        while (WallClock.NowNs() < deadline);

        WaitUntilInFlightIsAtMost(0);
        Heat(false);
        return new Window
        {
            Operations = sent - first,
            WallNs = WallClock.NowNs() - begin,
            CpuNs = CpuClock.OfThisProcess() - cpuNs,
            AllocatedBytes = GC.GetTotalAllocatedBytes(precise: true) - allocated,
        };
    }

    public abstract void Dispose();

    /// <summary>Sends one message to the receiver, from the workload's thread.</summary>
    protected abstract void Send(long number);

    /// <summary>Tells a receiver that has to be told whether to wait for messages with all its CPU.</summary>
    protected virtual void Heat(bool on)
    {
    }

    /// <summary>Waits a moment for the receiver to catch up.</summary>
    protected virtual void Pause() => BusyWait.Pause();

    /// <summary>To be called by the receiver, on its thread, with the number of the message that it has; one that gets no number counts.</summary>
    protected void Received(long number) => Volatile.Write(ref received, number);

    private void WaitUntilInFlightIsAtMost(int count)
    {
        while (sent - Volatile.Read(ref received) > count)
        {
            Pause();
        }
    }
}
