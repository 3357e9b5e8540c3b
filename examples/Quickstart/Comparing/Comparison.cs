using System.Diagnostics;

namespace Dispatch.Examples.Quickstart;

/// <summary>The job on event loops beside the same on .NET's own files and sockets, in rounds by turns, the files in the page cache for both.</summary>
/// <param name="Rounds">How many rounds each of them ran.</param>
/// <param name="Dispatch">The mean cost of a round on event loops.</param>
/// <param name="DotNet">The mean cost of a round on .NET's own.</param>
internal sealed record Comparison(int Rounds, ComparisonSide Dispatch, ComparisonSide DotNet)
{
    private const int LeastRounds = 3;
    private const int MostRounds = 20;

    // The kernel counts CPU time in steps of 10 ms: short rounds are repeated until one step is less than a hundredth.
    private static readonly TimeSpan Enough = TimeSpan.FromSeconds(1);

    /// <summary>Runs the rounds.</summary>
    /// <param name="dispatcher">The dispatcher, whose loops have done the job already.</param>
    /// <param name="tree">The files.</param>
    /// <param name="digested">The files among them that have a digest, for the other side.</param>
    /// <returns>The comparison.</returns>
    public static async Task<Comparison> RunAsync(Dispatcher dispatcher, FileTree tree, IReadOnlyList<TreeFile> digested)
    {
        DotNetJob dotNet = new(digested, HashLane.Readers * dispatcher.Loops.Count);
        Func<Task> onLoops = () => new DispatchJob(dispatcher, tree).RunAsync();
        Func<Task>[] jobs = [onLoops, dotNet.RunAsync];
        ComparisonSide[] sums = new ComparisonSide[jobs.Length];
        foreach (Func<Task> job in jobs)
        {
            await job(); // So that both are compiled, and neither reads from the disk.
        }

        int rounds = 0;
        do
        {
            // The one that begins has the other's garbage to collect: they begin by turns.
            for (int i = 0; i < jobs.Length; i++)
            {
                int side = (i + rounds) % jobs.Length;
                sums[side] = sums[side] + await MeasureAsync(jobs[side]);
            }

            rounds++;
        }
        while (rounds < LeastRounds || (rounds < MostRounds && sums.Any(s => s.Elapsed < Enough)));

        return new Comparison(rounds, sums[0] / rounds, sums[1] / rounds);
    }

    private static async Task<ComparisonSide> MeasureAsync(Func<Task> job)
    {
        ProcessCost before = ProcessCost.Read();
        long start = Stopwatch.GetTimestamp();
        await job();
        TimeSpan elapsed = Stopwatch.GetElapsedTime(start);
        ProcessCost cost = ProcessCost.Read() - before;
        return new ComparisonSide(elapsed, cost.CpuTime, cost.VoluntarySwitches, cost.InvoluntarySwitches);
    }
}
