using System.Diagnostics;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Dispatch.Hosting;

/// <summary>
/// A dispatcher's life in a host. It is started in the phase before hosted services start, and drained in the phase after they have stopped, so that theirs is always a running loop; what the host's shutdown timeout leaves
/// by then is the drain's.
/// </summary>
internal sealed class DispatcherLifetime(
    Func<Dispatcher> resolve,
    DispatcherOptions options,
    IOptions<HostOptions> host,
    IHostApplicationLifetime application,
    ILoggerFactory logging) : IHostedLifecycleService
{
    /// <summary>Kept back of the shutdown timeout: reaping what was cancelled takes a moment after the drain's own deadline.</summary>
    private static readonly TimeSpan Reserve = TimeSpan.FromMilliseconds(500);

    private readonly ILogger logger = logging.CreateLogger(LogMessages.Category);
    private readonly string name = options.Name ?? "dispatch";
    private Dispatcher? dispatcher;
    private long stopBegan;

    /// <inheritdoc/>
    public Task StartingAsync(CancellationToken cancellationToken)
    {
        dispatcher = resolve();
        StartupReport first = dispatcher.Loops[0].Report;
        LogMessages.LoopsStarted(logger, name, dispatcher.Loops.Count, first.Kernel);
        if (first.Kernel == KernelKind.LinuxAio && options.Kernel == KernelKind.Auto)
        {
            LogMessages.FellBack(logger, name, string.Join("; ", first.RefusedFlags));
        }

        foreach (EventLoop loop in dispatcher.Loops)
        {
            LogMessages.Report(logger, loop.Report);
            _ = WatchAsync(loop);
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StoppingAsync(CancellationToken cancellationToken)
    {
        stopBegan = Stopwatch.GetTimestamp();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public async Task StoppedAsync(CancellationToken cancellationToken)
    {
        if (dispatcher is null)
        {
            return; // The start did not come so far.
        }

        try
        {
            DrainReport report = await dispatcher.DrainAsync(TimeLeft()).WaitAsync(cancellationToken);
            if (report is { FinishedInTime: true, Unfinished.Count: 0 })
            {
                LogMessages.Drained(logger, name, report.Elapsed);
            }
            else
            {
                LogMessages.DrainIncomplete(logger, name, report.Elapsed, report.Cancelled, report.Unfinished.Count == 0 ? "nothing" : string.Join("; ", report.Unfinished));
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            LogMessages.DrainTimedOut(logger, name); // It goes on; the container's disposal waits for its end.
        }
    }

    private TimeSpan TimeLeft()
    {
        TimeSpan left = host.Value.ShutdownTimeout - Stopwatch.GetElapsedTime(stopBegan) - Reserve;
        return left <= TimeSpan.Zero ? TimeSpan.Zero
            : left < options.DrainTimeout ? left
            : options.DrainTimeout;
    }

    private async Task WatchAsync(EventLoop loop)
    {
        try
        {
            await loop.Completed;
        }
        catch (Exception e)
        {
            // What it served is served by nobody now. As a hosted service that fails does, it takes the host along.
            LogMessages.LoopStopped(logger, e, loop.Name);
            application.StopApplication();
        }
    }
}
