using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Spectre.Console;

namespace Dispatch.Examples.LogWatch;

/// <summary>The program from its options to its exit code: follow the files on one loop until a signal comes, then sum up.</summary>
internal static class LogWatchRun
{
    private const int Failed = 1;

    /// <summary>Runs it.</summary>
    /// <param name="options">The options.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(LogWatchOptions options)
    {
        await using Dispatcher dispatcher = Dispatcher.Create(new DispatcherOptions { LoopCount = 1, Kernel = options.Kernel });
        return await dispatcher.Loops[0].InvokeAsync(() => FollowAsync(options));
    }

    private static async Task<int> FollowAsync(LogWatchOptions options)
    {
        long start = Stopwatch.GetTimestamp();
        List<WatchedFile> files = [];
        Exception? failure = null;
        TaskCompletionSource stop = new();
        using IDisposable signals = SignalStream.Of(null, PosixSignal.SIGINT, PosixSignal.SIGTERM).Subscribe(new Watcher<PosixSignal>(_ => stop.TrySetResult()));
        using (ILineOutput output = OpenOutput(options))
        {
            try
            {
                foreach (string path in options.Paths)
                {
                    files.Add(new WatchedFile(path, await FileTail.OpenAsync(path, new FileTailOptions { FromStart = options.FromStart, LongLines = LongLine.Split })));
                }

                foreach (WatchedFile file in files)
                {
                    file.Tail.Lines.Subscribe(new LineFilter(file, options.Match, output, OnEnded));
                }

                TickStream seconds = TickStream.Interval(TimeSpan.FromSeconds(1), options: new StreamOptions { Overflow = StreamOverflow.DropOldest });
                using IDisposable display = seconds.Subscribe(new Watcher<long>(_ =>
                {
                    files.ForEach(file => file.EndSecond(LiveOutput.Seconds));
                    output.Second(files);
                }));
                await stop.Task;
            }
            finally
            {
                foreach (WatchedFile file in files)
                {
                    await file.Tail.CloseAsync();
                }
            }
        }

        Report(options, files, Stopwatch.GetElapsedTime(start));
        return failure is null ? 0 : throw failure;

        void OnEnded(WatchedFile file, Exception? error)
        {
            if (error is not null)
            {
                failure ??= error;
                stop.TrySetResult();
            }
        }
    }

    private static ILineOutput OpenOutput(LogWatchOptions options) => Console.IsOutputRedirected || options.PrintJson
        ? new PlainOutput(Console.OpenStandardOutput(), options.Paths.Count > 1)
        : new LiveOutput(AnsiConsole.Console);

    /// <summary>On standard error, so that the lines on standard output can go on to another program.</summary>
    private static void Report(LogWatchOptions options, List<WatchedFile> files, TimeSpan elapsed)
    {
        foreach (WatchedFile file in files)
        {
            string missed = file.Tail.Missed == 0 ? string.Empty : $", {file.Tail.Missed} files gone before they could be opened";
            Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{file.Path}: {file.Matched} of {file.Lines} lines matched, {file.Bytes} bytes, {file.Tail.Rotations} rotations, {file.Tail.Truncations} cuts{missed}"));
        }

        if (options.PrintJson)
        {
            ExampleProgram.PrintJson(new
            {
                Seconds = Math.Round(elapsed.TotalSeconds, 3),
                Lines = files.Sum(file => file.Lines),
                Matched = files.Sum(file => file.Matched),
                Files = files.Select(file => new { file.Path, file.Lines, file.Matched, file.Bytes, file.Tail.Rotations, file.Tail.Truncations, file.Tail.Missed }),
            });
        }
    }

    private sealed class Watcher<T>(Action<T> next) : IObserver<T>
    {
        public void OnNext(T value) => next(value);

        public void OnCompleted()
        {
        }

        public void OnError(Exception error) => throw error;
    }
}
