using System.Diagnostics;
using HdrHistogram;

namespace Dispatch.Examples.HotLoop;

/// <summary>How long a message takes from another thread to a loop that polls. The next one is sent when the last one has arrived.</summary>
internal sealed class MessageLatency
{
    private readonly LongHistogram histogram = new(Lateness.Longest, 3);
    private long sentAt;
    private long arrived;

    private MessageLatency()
    {
    }

    /// <summary>Measures.</summary>
    /// <param name="loop">The loop.</param>
    /// <param name="time">How long.</param>
    /// <returns>How late the messages came.</returns>
    public static Lateness Measure(EventLoop loop, TimeSpan time)
    {
        MessageLatency measurement = new();
        Thread sender = new(() => measurement.Send(loop, time)) { Name = "sender", IsBackground = true };
        sender.Start();
        while (sender.IsAlive)
        {
            loop.Poll();
        }

        return Lateness.Of(measurement.histogram);
    }

    private void Send(EventLoop loop, TimeSpan time)
    {
        Action message = OnArrived;
        long start = Stopwatch.GetTimestamp();
        for (long sent = 1; Stopwatch.GetElapsedTime(start) < time; sent++)
        {
            sentAt = Stopwatch.GetTimestamp();
            loop.Post(message);
            while (Volatile.Read(ref arrived) < sent)
            {
                Thread.SpinWait(10);
            }
        }
    }

    private void OnArrived()
    {
        histogram.RecordValue(Math.Clamp((long)Stopwatch.GetElapsedTime(sentAt).TotalNanoseconds, 0, Lateness.Longest));
        Volatile.Write(ref arrived, arrived + 1);
    }
}
