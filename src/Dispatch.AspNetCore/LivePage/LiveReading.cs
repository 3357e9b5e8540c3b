using System.Diagnostics;

namespace Dispatch.AspNetCore;

/// <summary>
/// Makes frames of what the loops' counters say. Where a loop measures its time, the parts of it are exact; where it does not, they are how often it was seen doing what. One thread at a time.
/// </summary>
internal sealed class LiveReading
{
    private readonly LiveSource source;
    private readonly LoopReading[][] loops;
    private readonly LatencyWindow[] windows;

    public LiveReading(LiveSource source)
    {
        this.source = source;
        loops = [.. source.Dispatchers.Select(d => d.Dispatcher.Loops.Select(l => new LoopReading(l)).ToArray())];
        windows = [.. source.Dispatchers.Select(d => new LatencyWindow(d.Dispatcher))];
    }

    /// <summary>Notes what every loop does at this moment.</summary>
    public void Look()
    {
        foreach (LoopReading[] dispatcher in loops)
        {
            foreach (LoopReading loop in dispatcher)
            {
                loop.Look();
            }
        }
    }

    /// <summary>Makes a frame of the time since the last one.</summary>
    public LiveFrame Take() => new(
        (long)Stopwatch.GetElapsedTime(0).TotalMilliseconds,
        source.Connections,
        source.Requests,
        [.. loops.Select((dispatcher, i) => new LiveDispatcher([.. dispatcher.Select(l => l.Take())], windows[i].IsMeasured, windows[i].Take()))]);
}
