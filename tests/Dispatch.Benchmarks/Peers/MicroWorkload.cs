namespace Dispatch.Benchmarks;

/// <summary>
/// A workload of many small equal turns on one thread, measured by that thread's CPU time and what it allocates.
/// </summary>
internal abstract class MicroWorkload : IWorkload
{
    // The clock is read once in so many turns, so that it does not show in the price of one.
    private const int TurnsBetweenLooks = 16;

    public Window Run(TimeSpan length)
    {
        Heat(true);
        long operations = 0;
        long allocated = GC.GetAllocatedBytesForCurrentThread();
        long cpuNs = CpuClock.OfThisThread();
        long begin = WallClock.NowNs();
        long deadline = WallClock.DeadlineNs(begin, length);
        long now;
        do
        {
            for (int turn = 0; turn < TurnsBetweenLooks; turn++)
            {
                operations += Turn();
            }

            now = WallClock.NowNs();
        }
        while (now < deadline);

        cpuNs = CpuClock.OfThisThread() - cpuNs;
        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
        Heat(false);
        return new Window
        {
            Operations = operations,
            WallNs = now - begin,
            CpuNs = cpuNs,
            AllocatedBytes = allocated,
        };
    }

    public abstract void Dispose();

    /// <summary>Tells another thread that has to be told whether to wait for this one with all its CPU.</summary>
    protected virtual void Heat(bool on)
    {
    }

    /// <summary>Does the work once, to its end, and returns how many operations that was.</summary>
    protected abstract int Turn();
}
