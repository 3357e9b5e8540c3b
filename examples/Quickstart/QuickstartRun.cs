using System.Diagnostics;
using System.Text;

namespace Dispatch.Examples.Quickstart;

/// <summary>The program from its options to its exit code: list, run the job on the loops, compute again plainly, report.</summary>
internal static class QuickstartRun
{
    private const int Agreed = 0;
    private const int Disagreed = 1;

    /// <summary>Runs it.</summary>
    /// <param name="options">The options.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(QuickstartOptions options)
    {
        FileTree tree = FileTree.List(options.Directory);
        ProgressDisplay progress = new();
        await using Dispatcher dispatcher = Dispatcher.Create(new DispatcherOptions { LoopCount = options.LoopCount, Kernel = options.Kernel });

        long start = Stopwatch.GetTimestamp();
        DispatchJob job = new(dispatcher, tree);
        JobResult result = await progress.ShowAsync(
            job.RunAsync(),
            ("reading", () => Share(job.Meters.Bytes, tree.Bytes)),
            ("answering", () => job.Round is { } round ? Share(round.Asked, tree.Files.Count) : 0));
        double seconds = Math.Round(Stopwatch.GetElapsedTime(start).TotalSeconds, 3);

        PlainCheck check = new();
        FileDigest[] files = await progress.ShowAsync(Task.Run(() => check.Run(result.Digests)), ("checking", () => Share(check.Done, result.Digests.Count)));
        Summary summary = new()
        {
            Directory = Path.GetFullPath(options.Directory),
            Seconds = seconds,
            Loops = result.Loops,
            Questions = (int)result.Round.Asked,
            EveryRequestGotOneAnswer = result.IsComplete,
            Files = [.. tree.Troubles, .. files],
            Comparison = options.Compare ? await CompareAsync(dispatcher, tree, files) : null,
        };
        Report(summary, options);
        return summary.Ok ? Agreed : Disagreed;
    }

    private static Task<Comparison> CompareAsync(Dispatcher dispatcher, FileTree tree, FileDigest[] files)
    {
        TreeFile[] digested = [.. files.Where(f => f.Outcome == FileOutcome.Digested).Select(f => f.File)];
        return Comparison.RunAsync(dispatcher, tree, digested); // Without a bar: drawing it would be measured too.
    }

    private static double Share(long done, long all) => all == 0 ? 0 : Math.Min(1, (double)done / all);

    private static void Report(Summary summary, QuickstartOptions options)
    {
        foreach (FileDigest file in summary.Files.Where(f => f.Outcome is not (FileOutcome.Digested or FileOutcome.Skipped)))
        {
            Console.Error.WriteLine($"{file.Outcome.ToString().ToLowerInvariant()}: {SumLine.Escape(file.File.Path)}: {file.Reason}");
        }

        TableReport report = options.PrintSums ? new(Console.Error, !Console.IsErrorRedirected) : new(Console.Out, !Console.IsOutputRedirected);
        report.Print(summary.Loops);
        if (summary.Comparison is { } comparison)
        {
            report.Print(comparison);
        }

        foreach (string sentence in summary.Sentences())
        {
            report.Print(sentence);
        }

        if (options.PrintSums)
        {
            // UTF-8 whatever the locale: names are bytes to sha256sum.
            using StreamWriter sums = new(Console.OpenStandardOutput(), new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
            foreach (FileDigest file in summary.Files.Where(f => f.Outcome == FileOutcome.Digested))
            {
                sums.Write(file.SumLine + "\n");
            }
        }

        if (options.PrintJson)
        {
            ExampleProgram.PrintJson(summary);
        }
    }
}
