using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Dispatch.Hosting;

/// <summary>
/// Asks every loop for a sign of life, and looks at what its counters say: a loop that does not answer is unhealthy; loops that were held up since the last check, starved receive buffers, long queues (workers' too) and a kernel that was fallen back to are degraded.
/// </summary>
internal sealed class LoopHealthCheck(Dispatcher dispatcher, LoopHealthOptions options) : IHealthCheck
{
    private readonly long[] starvationsSeen = new long[dispatcher.Loops.Count];
    private readonly long[] stallsSeen = new long[dispatcher.Loops.Count];

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
                    : $"{loop.Name} has not answered within {options.StallThreshold}: {Culprit(loop)} blocks or does not return");
                continue;
            }

            ExamineQueues(loop, statistics, strained);
            ExamineEvents(loop, statistics, i, strained);
            ExamineKernel(loop, strained);
        }

        return stalled.Count != 0 ? new HealthCheckResult(context.Registration.FailureStatus, string.Join("; ", stalled.Concat(strained)), data: data)
            : strained.Count != 0 ? HealthCheckResult.Degraded(string.Join("; ", strained), data: data)
            : HealthCheckResult.Healthy($"{answers.Length} loops answer", data);
    }

    private static long Growth(long now, ref long seen) => now - Interlocked.Exchange(ref seen, now);

    /// <summary>Who holds the loop up, when a watchdog knows.</summary>
    private string Culprit(EventLoop loop) =>
        dispatcher.RecentStalls.FirstOrDefault(s => ReferenceEquals(s.Loop, loop) && !s.HasEnded)?.Callback ?? "code on its thread";

    private void ExamineQueues(EventLoop loop, LoopStatistics statistics, List<string> strained)
    {
        if (statistics.InboxDepth > options.MaxQueueLength)
        {
            strained.Add($"{statistics.InboxDepth} messages wait for {loop.Name}");
        }

        if (statistics.Backlog > options.MaxQueueLength)
        {
            strained.Add($"{statistics.Backlog} requests of {loop.Name} wait for room in its ring");
        }

        if (statistics.QueuedCalls > options.MaxWorkerQueueLength)
        {
            strained.Add($"{statistics.QueuedCalls} system calls of {loop.Name} wait for a worker, with {statistics.Workers} at work: MaxWorkers or MaxWaitingWorkers is too small, or what they wait for does not come");
        }
    }

    private void ExamineEvents(EventLoop loop, LoopStatistics statistics, int index, List<string> strained)
    {
        if (Growth(statistics.BufferStarvations, ref starvationsSeen[index]) is not 0 and long starvations)
        {
            strained.Add($"{loop.Name} found no free receive buffer {starvations} times since the last check: leases are held too long, or MaxReceiveBufferCount is too small");
        }

        if (Growth(statistics.Stalls, ref stallsSeen[index]) is not 0 and long stalls)
        {
            string? by = dispatcher.RecentStalls.FirstOrDefault(s => ReferenceEquals(s.Loop, loop))?.Callback;
            strained.Add($"{loop.Name} was held up {stalls} times since the last check{(by is null ? string.Empty : $", last by {by}")}");
        }
    }

    private void ExamineKernel(EventLoop loop, List<string> strained)
    {
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
