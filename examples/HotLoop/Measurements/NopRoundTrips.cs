using System.Diagnostics;

namespace Dispatch.Examples.HotLoop;

/// <summary>What the way through the kernel costs: a request that does nothing, submitted and taken.</summary>
internal static class NopRoundTrips
{
    /// <summary>How many are submitted together in the second measurement.</summary>
    public const int Batch = 64;

    private const int Rounds = 1000;

    /// <summary>Measures.</summary>
    /// <param name="loop">The loop.</param>
    /// <param name="time">How long.</param>
    /// <returns>The median cost of one at a time, and that of one among many.</returns>
    public static (double Single, double InBatch) Measure(EventLoop loop, TimeSpan time) => (Median(loop, time / 2, 1), Median(loop, time / 2, Batch));

    private static double Median(EventLoop loop, TimeSpan time, int batch)
    {
        List<double> costs = [];
        long start = Stopwatch.GetTimestamp();
        while (costs.Count == 0 || Stopwatch.GetElapsedTime(start) < time)
        {
            long blockStart = Stopwatch.GetTimestamp();
            for (int i = 0; i < Rounds; i++)
            {
                SubmitAndTake(loop, batch);
            }

            costs.Add(Stopwatch.GetElapsedTime(blockStart).TotalNanoseconds / (Rounds * batch));
        }

        costs.Sort();
        return costs[costs.Count / 2];
    }

    private static void SubmitAndTake(EventLoop loop, int batch)
    {
        for (ulong tag = 0; tag < (ulong)batch; tag++)
        {
            loop.Submit(IoRequest.Nop(), tag);
        }

        for (int taken = 0; taken < batch;)
        {
            if (loop.TryTake(out _))
            {
                taken++;
            }
        }
    }
}
