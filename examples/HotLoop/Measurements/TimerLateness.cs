using System.Diagnostics;
using HdrHistogram;

namespace Dispatch.Examples.HotLoop;

/// <summary>How late a timer is on a loop that polls: an await that resumes inside Poll.</summary>
internal static class TimerLateness
{
    private static readonly TimeSpan Delay = TimeSpan.FromMilliseconds(1);

    /// <summary>Measures.</summary>
    /// <param name="loop">The loop.</param>
    /// <param name="time">How long.</param>
    /// <returns>How late the timers were.</returns>
    public static Lateness Measure(EventLoop loop, TimeSpan time)
    {
        LongHistogram histogram = new(Lateness.Longest, 3);
        Task waiting = loop.InvokeAsync(() => WaitAgainAndAgainAsync(loop, time, histogram));
        while (!waiting.IsCompleted)
        {
            loop.Poll(); // A game's frame, a matching engine's turn: whatever else the thread does goes here.
        }

        waiting.GetAwaiter().GetResult();
        return Lateness.Of(histogram);
    }

    private static async Task WaitAgainAndAgainAsync(EventLoop loop, TimeSpan time, LongHistogram histogram)
    {
        long start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start) < time)
        {
            long begun = Stopwatch.GetTimestamp();
            await loop.DelayAsync(Delay);
            TimeSpan late = Stopwatch.GetElapsedTime(begun) - Delay;
            histogram.RecordValue(Math.Clamp((long)late.TotalNanoseconds, 0, Lateness.Longest));
        }
    }
}
