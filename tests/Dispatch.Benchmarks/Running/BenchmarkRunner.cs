using System.Diagnostics;

namespace Dispatch.Benchmarks;

/// <summary>
/// Runs the contenders of a benchmark side by side: each is started once and warmed up, then they are measured in short windows in turn. What
/// disturbs the machine for a while disturbs all of them, and a window in which it disturbed too much is measured again.
/// </summary>
internal sealed class BenchmarkRunner(Settings settings, Action<string> progress)
{
    private const int CountingRounds = 5;

    public async Task<BenchmarkResult> RunAsync(Benchmark benchmark, CancellationToken cancellationToken)
    {
        using var workspace = new Workspace(settings.Folder);
        IReadOnlyList<IContender> contenders = benchmark.Contenders(settings, workspace);
        var results = contenders.ToDictionary(contender => contender, contender => new ContenderResult(contender.Name));
        string? systemCallsMissing;
        try
        {
            foreach (IContender contender in contenders)
            {
                progress($"{benchmark.Name}: warming up {contender.Name}");
                await Try(results[contender], async () =>
                {
                    await contender.StartAsync(cancellationToken);
                    await contender.MeasureAsync(settings.WarmUp, cancellationToken);
                });
            }

            await MeasureInTurns(benchmark, contenders, results, cancellationToken);
            systemCallsMissing = await CountSystemCalls(benchmark, contenders, results, cancellationToken);
        }
        finally
        {
            foreach (IContender contender in contenders)
            {
                await contender.DisposeAsync();
            }
        }

        ContenderResult[] ordered = [.. contenders.Select(contender => results[contender])];
        return new BenchmarkResult(benchmark, ordered, [.. benchmark.Bars.Select(bar => bar.Judge(ordered))], systemCallsMissing);
    }

    private static async Task Try(ContenderResult result, Func<Task> action)
    {
        try
        {
            await action();
        }
        catch (ContenderMissingException exception)
        {
            result.Missing = exception.Message;
        }
        catch (ContenderFailedException exception)
        {
            result.Failure = exception.Message;
        }
    }

    private async Task MeasureInTurns(
        Benchmark benchmark,
        IReadOnlyList<IContender> contenders,
        Dictionary<IContender, ContenderResult> results,
        CancellationToken cancellationToken)
    {
        bool Wanting(IContender contender) => results[contender].IsRunning && results[contender].Windows.Count < settings.Windows;

        progress($"{benchmark.Name}: measuring");
        long begin = Stopwatch.GetTimestamp();
        for (int round = 0; contenders.Any(Wanting) && Stopwatch.GetElapsedTime(begin) < settings.Budget; round++)
        {
            // Another one begins each round, so that nobody always runs after the same rival.
            for (int turn = 0; turn < contenders.Count; turn++)
            {
                IContender contender = contenders[(round + turn) % contenders.Count];
                if (Wanting(contender))
                {
                    await Try(results[contender], () => MeasureWindow(contender, results[contender], cancellationToken));
                }
            }
        }
    }

    private async Task MeasureWindow(IContender contender, ContenderResult result, CancellationToken cancellationToken)
    {
        StealMeter steal = StealMeter.Start();
        NeighbourMeter neighbours = NeighbourMeter.Start();
        Window window = await contender.MeasureAsync(settings.WindowLength, cancellationToken);
        if (window.Operations == 0)
        {
            throw new ContenderFailedException("no operation ended in a whole window");
        }

        if (steal.PercentSince() > settings.MaxStealPercent || neighbours.PercentSince(contender.ProcessIds) > settings.MaxNeighboursPercent)
        {
            // Whoever it was gets the time to finish.
            result.Dropped++;
            await Task.Delay(settings.WindowLength, cancellationToken);
        }
        else
        {
            result.Add(window);
        }
    }

    private async Task<string?> CountSystemCalls(
        Benchmark benchmark,
        IReadOnlyList<IContender> contenders,
        Dictionary<IContender, ContenderResult> results,
        CancellationToken cancellationToken)
    {
        progress($"{benchmark.Name}: counting system calls");
        string? missing = null;

        // How many calls a server makes for a request depends on how the load happens to arrive, so that one window says little.
        for (int round = 0; round < CountingRounds; round++)
        {
            foreach (IContender contender in contenders)
            {
                ContenderResult result = results[contender];
                if (missing is null && result.IsRunning && contender.ProcessIds is [int processId, ..])
                {
                    await Try(result, async () =>
                    {
                        Window? window = null;
                        (long? calls, missing) = await SystemCallCounter.CountAsync(
                            processId,
                            async () => window = await contender.MeasureAsync(settings.WindowLength, cancellationToken));
                        result.AddSystemCalls((double?)calls / window?.Operations);
                    });
                }
            }
        }

        return missing;
    }
}
