using System.Net;

namespace Dispatch.Examples.Echo;

/// <summary>A thread that owns a loop and drives it, from the first completion to the last.</summary>
internal sealed class PollThread
{
    // Polled connections keep a request in flight each, and another while they send.
    private const int ManyRequests = 1 << 20;
    private const int DefaultBuffers = 1024;

    private readonly TaskCompletionSource<PollLoop> started = new();
    private readonly TaskCompletionSource<LoopStatistics> ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private PollThread()
    {
    }

    /// <summary>Gets where it listens.</summary>
    public IPEndPoint LocalEndPoint { get; private set; } = null!;

    /// <summary>Starts a thread and waits until it listens. Throws what it threw.</summary>
    /// <param name="name">The name of the thread and its loop.</param>
    /// <param name="options">The options.</param>
    /// <param name="cpus">Where it runs, or null for wherever the system likes.</param>
    /// <param name="isShared">Whether others listen on the same address.</param>
    /// <returns>The running thread.</returns>
    public static PollThread Start(string name, EchoOptions options, CpuSet? cpus, bool isShared)
    {
        PollThread thread = new();
        new Thread(() => thread.Run(name, options, cpus, isShared)) { Name = name, IsBackground = true }.Start();
        thread.started.Task.GetAwaiter().GetResult();
        return thread;
    }

    /// <summary>Drains the loop and ends the thread.</summary>
    /// <param name="deadline">How long connections may go on.</param>
    /// <returns>What the loop did.</returns>
    public async Task<LoopStatistics> DrainAsync(TimeSpan deadline)
    {
        PollLoop echo = await started.Task;
        echo.Loop.Post(() => echo.Stop(deadline));
        return await ended.Task;
    }

    private void Run(string name, EchoOptions options, CpuSet? cpus, bool isShared)
    {
        try
        {
            cpus?.BindCurrentThread();
            EventLoopOptions loopOptions = options.ApplyTo(new EventLoopOptions
            {
                Name = name,
                RawCapacity = ManyRequests,
                ReceiveBufferCount = DefaultBuffers,
                MaxReceiveBufferCount = DefaultBuffers,
            });
            EventLoop loop = EventLoop.Attach(loopOptions);
            using (loop)
            {
                Listener listener = Listener.Listen(options.EndPoint, new ListenerOptions { ReusePort = isShared });
                LocalEndPoint = (IPEndPoint)listener.LocalEndPoint!;
                PollLoop echo = new(loop, listener, loopOptions.ReceiveBufferCount);
                started.SetResult(echo);
                echo.Run(options.Idle);
            }

            ended.SetResult(loop.Statistics);
        }
        catch (Exception e)
        {
            // It belongs to whoever waits for the thread: to start, or to end.
            if (!started.TrySetException(e))
            {
                ended.TrySetException(e);
            }
        }
    }
}
