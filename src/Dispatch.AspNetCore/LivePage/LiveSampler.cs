using System.Text.Json;
using System.Threading.Channels;

namespace Dispatch.AspNetCore;

/// <summary>
/// Looks at the loops while somebody watches, and tells all who do. One for an application, on the thread pool, so that what it costs does not grow with those who watch; nothing runs while nobody does.
/// </summary>
internal sealed class LiveSampler(LiveSource source)
{
    private const int LooksInFrame = 25;

    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(20);

    private readonly Lock sync = new();
    private readonly List<ChannelWriter<byte[]>> watchers = [];
    private bool hasEnded;
    private bool isRunning;

    /// <summary>Gets how many watch.</summary>
    public int Watchers
    {
        get
        {
            lock (sync)
            {
                return watchers.Count;
            }
        }
    }

    /// <summary>Begins to watch. The frames come as JSON; one who is too slow for them misses some. They end when the application begins to stop.</summary>
    public LiveSubscription Watch()
    {
        Channel<byte[]> frames = Channel.CreateBounded<byte[]>(new BoundedChannelOptions(2) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });
        lock (sync)
        {
            if (hasEnded)
            {
                frames.Writer.Complete();
                return new LiveSubscription(frames.Reader, static () => { });
            }

            watchers.Add(frames.Writer);
            if (!isRunning)
            {
                isRunning = true;
                _ = Task.Run(RunAsync); // Not on the loop that the request of the page happens to run on.
            }
        }

        return new LiveSubscription(frames.Reader, () => Leave(frames.Writer));
    }

    /// <summary>The application stops: whoever watches is to go, so that nothing waits for them.</summary>
    public void End()
    {
        lock (sync)
        {
            hasEnded = true;
            watchers.ForEach(w => w.TryComplete());
            watchers.Clear();
        }
    }

    private void Leave(ChannelWriter<byte[]> watcher)
    {
        lock (sync)
        {
            watchers.Remove(watcher);
        }
    }

    private async Task RunAsync()
    {
        LiveReading reading = new(source);
        using PeriodicTimer timer = new(LookInterval);
        for (int looks = 1; await timer.WaitForNextTickAsync().ConfigureAwait(false); looks++)
        {
            reading.Look();
            if (looks % LooksInFrame != 0)
            {
                continue;
            }

            byte[] frame = JsonSerializer.SerializeToUtf8Bytes(reading.Take(), LiveJson.Default.LiveFrame);
            lock (sync)
            {
                if (watchers.Count == 0)
                {
                    isRunning = false;
                    return;
                }

                watchers.ForEach(w => w.TryWrite(frame));
            }
        }
    }
}
