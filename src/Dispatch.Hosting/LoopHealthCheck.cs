using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Dispatch.Hosting;

/// <summary>
/// Asks every loop for a sign of life, and looks at what its counters say: a loop that does not answer is unhealthy; starved receive buffers, long queues and a kernel that was fallen back to are degraded.
/// </summary>
internal sealed class LoopHealthCheck(Dispatcher dispatcher, LoopHealthOptions options) : IHealthCheck
{
    private readonly long[] starvationsSeen = new long[dispatcher.Loops.Count];

    /// <inheritdoc/>
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(context);
        List<string> stalled = [];
        List<string> strained = [];
        Dictionary<string, object> data = [];

        // All at once: one that hangs must not use up the time of the others.
        bool[] answers = await Task.WhenAll(dispatcher.Loops.Select(loop => AnswersAsync(loop, cancellationToken)));
        for (int i = 0; i < answers.Length; i++)
        {
            EventLoop loop = dispatcher.Loops[i];
            LoopStatistics statistics = loop.Statistics;
            data[loop.Name] = statistics;
            if (!answers[i])
            {
                stalled.Add(loop.Completed.IsCompleted
                    ? $"{loop.Name} has stopped"
                    : $"{loop.Name} has not answered within {options.StallThreshold}: code on its thread blocks or does not return");
                continue;
            }

            Examine(loop, statistics, ref starvationsSeen[i], strained);
        }

        return stalled.Count != 0 ? new HealthCheckResult(context.Registration.FailureStatus, string.Join("; ", stalled.Concat(strained)), data: data)
            : strained.Count != 0 ? HealthCheckResult.Degraded(string.Join("; ", strained), data: data)
            : HealthCheckResult.Healthy($"{answers.Length} loops answer", data);
    }

    private void Examine(EventLoop loop, LoopStatistics statistics, ref long seen, List<string> strained)
    {
        long starvations = statistics.BufferStarvations - Interlocked.Exchange(ref seen, statistics.BufferStarvations);
        if (starvations != 0)
        {
            strained.Add($"{loop.Name} found no free receive buffer {starvations} times since the last check: leases are held too long, or MaxReceiveBufferCount is too small");
        }

        if (statistics.InboxDepth > options.MaxQueueLength)
        {
            strained.Add($"{statistics.InboxDepth} messages wait for {loop.Name}");
        }

        if (statistics.Backlog > options.MaxQueueLength)
        {
            strained.Add($"{statistics.Backlog} requests of {loop.Name} wait for room in its ring");
        }

        StartupReport report = loop.Report;
        if (options.ReportFallback && report.Kernel == KernelKind.LinuxAio && report.RefusedFlags.Count != 0)
        {
            strained.Add($"{loop.Name} runs on Linux AIO: {string.Join("; ", report.RefusedFlags)}");
        }
    }

    private async Task<bool> AnswersAsync(EventLoop loop, CancellationToken cancellationToken)
    {
        try
        {
            await loop.InvokeAsync(static () => { }).WaitAsync(options.StallThreshold, cancellationToken);
            return true;
        }
        catch (Exception e) when (e is TimeoutException or ObjectDisposedException)
        {
            return false;
        }
    }
}
