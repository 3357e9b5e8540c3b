using System.Diagnostics;

namespace Dispatch.Examples.HotLoop;

/// <summary>What a poll costs that finds nothing: some loads, no system call, no clock.</summary>
internal static class EmptyPolls
{
    private const int Block = 100_000;
    private const int LeastBlocks = 11; // Over a million polls, however short the time.

    /// <summary>Measures.</summary>
    /// <param name="loop">The loop.</param>
    /// <param name="time">How long.</param>
    /// <returns>The median cost of a poll, how many there were, and how many system calls they made.</returns>
    public static (double Nanoseconds, long Polls, long Enters) Measure(EventLoop loop, TimeSpan time)
    {
        Poll(loop); // What the loop itself has to submit at first goes with this.
        List<double> costs = [];
        long enters = loop.Statistics.Enters;
        long start = Stopwatch.GetTimestamp();
        while (costs.Count < LeastBlocks || Stopwatch.GetElapsedTime(start) < time)
        {
            long blockStart = Stopwatch.GetTimestamp();
            Poll(loop);
            costs.Add(Stopwatch.GetElapsedTime(blockStart).TotalNanoseconds / Block);
        }

        costs.Sort();
        return (costs[costs.Count / 2], (long)costs.Count * Block, loop.Statistics.Enters - enters);
    }

    private static void Poll(EventLoop loop)
    {
        for (int i = 0; i < Block; i++)
        {
            loop.Poll();
        }
    }
}
