using System.Diagnostics;

namespace Dispatch.AspNetCore;

/// <summary>What the page knows of one loop between two frames.</summary>
internal sealed class LoopReading
{
    private readonly EventLoop loop;
    private readonly bool isMeasured;
    private LoopStatistics last;
    private long lastTime;
    private int looks;
    private int seenBusy;
    private int seenParked;

    public LoopReading(EventLoop loop)
    {
        this.loop = loop;
        isMeasured = loop.Engine.Latency is not null;
        last = loop.Statistics;
        lastTime = Stopwatch.GetTimestamp();
    }

    /// <summary>Notes what the loop does at this moment.</summary>
    public void Look()
    {
        if (isMeasured)
        {
            return; // It knows better itself.
        }

        looks++;
        switch (loop.Statistics.State)
        {
            case LoopState.Busy:
                seenBusy++;
                break;
            case LoopState.Parked or LoopState.Stopped:
                seenParked++;
                break;
        }
    }

    /// <summary>Describes the time since the last call.</summary>
    public LiveLoop Take()
    {
        LoopStatistics now = loop.Statistics;
        long time = Stopwatch.GetTimestamp();
        double busy = isMeasured ? Part(now.TurnTime - last.TurnTime, time) : Part(seenBusy);
        double parked = now.State == LoopState.Stopped ? 1 : isMeasured ? Part(now.ParkedTime - last.ParkedTime, time) : Part(seenParked);
        last = now;
        lastTime = time;
        looks = seenBusy = seenParked = 0;
        busy = Math.Min(busy, 1 - parked);
        return new LiveLoop(Round(busy), Round(1 - busy - parked), Round(parked), now);
    }

    private static double Round(double part) => Math.Round(part, 3);

    private double Part(int seen) => looks == 0 ? 0 : (double)seen / looks;

    private double Part(TimeSpan spent, long time) => Math.Clamp(spent / Stopwatch.GetElapsedTime(lastTime, time), 0, 1);
}
