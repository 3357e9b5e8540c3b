using Dispatch.Examples.Worker.Segments;
using Dispatch.Hosting;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Dispatch.Examples.Worker.Ingesting;

/// <summary>
/// Moves files from the spool into segments: reads a batch of them at once, stores it with one write and one sync, and only then removes them. Killed at any point, it loses nothing: a file is in the spool until its record is on
/// the device. Nor is one stored twice: what was stored and not yet removed is found again in the newest segment when it starts.
/// </summary>
internal sealed partial class SpoolService(Dispatcher dispatcher, WorkerSettings settings, IHostApplicationLifetime application, ILogger<SpoolService> logger) : LoopService(dispatcher)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private readonly SpoolFolder spool = new(settings.Spool);
    private readonly HashSet<string> refused = [];
    private readonly Dictionary<string, StoredRecord> leftovers = [];

    public long Records { get; private set; }

    /// <summary>Gets what ended it, or null.</summary>
    public Exception? Failure { get; private set; }

    protected override async Task ExecuteAsync(EventLoop eventLoop, CancellationToken stoppingToken)
    {
        try
        {
            await using SegmentWriter writer = await SegmentWriter.OpenAsync(new SegmentFolder(settings.Segments), settings.SegmentBytes, stored => leftovers[stored.Name] = stored);
            LogReady(spool.Path, settings.Segments, writer.Number);
            while (!stoppingToken.IsCancellationRequested)
            {
                List<string> ready = await eventLoop.OffloadAsync(() => spool.List(settings.BatchFiles, refused), CancellationToken.None);
                if (ready.Count != 0)
                {
                    await IngestAsync(writer, ready);
                    continue;
                }

                leftovers.Clear(); // The spool was seen empty: a name that comes now is a new file's.
                if (settings.UntilEmpty)
                {
                    application.StopApplication();
                    return;
                }

                await eventLoop.DelayAsync(Pause, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Asked to stop, between two batches.
        }
        catch (Exception e)
        {
            Failure = e;
            application.StopApplication();
        }
    }

    private async Task IngestAsync(SegmentWriter writer, List<string> paths)
    {
        SpoolFile?[] files = await Task.WhenAll(paths.Select(path => SpoolFile.TryReadAsync(path, why => Refuse(path, why))));
        try
        {
            List<SpoolFile> present = [.. files.OfType<SpoolFile>()];
            List<SpoolFile> fresh = [.. present.Where(f => !leftovers.TryGetValue(f.Name, out StoredRecord stored) || stored != f.AsStored)];
            if (fresh.Count != 0)
            {
                await StoreAsync(writer, fresh);
            }

            foreach (SpoolFile file in present)
            {
                await Loop.ExecuteAsync(IoRequest.Unlink(file.Path)); // Stored, and so acknowledged.
            }
        }
        finally
        {
            foreach (SpoolFile? file in files)
            {
                file?.Dispose();
            }
        }
    }

    private async Task StoreAsync(SegmentWriter writer, List<SpoolFile> files)
    {
        if (writer.IsFull)
        {
            // Leftovers are looked for in the newest segment only, so what the others hold has to be gone from the spool for good.
            await FolderSync.RunAsync(spool.Path);
            await writer.RollAsync();
        }

        await writer.AppendAsync([.. files.SelectMany(f => new[] { f.Start, f.Content })]);
        Records += files.Count;
        LogStored(files.Count, writer.Number);
    }

    private void Refuse(string path, string why)
    {
        if (refused.Add(path))
        {
            LogRefused(why);
        }
    }

    [LoggerMessage(1, LogLevel.Information, "Files put into {Spool} go to {Segments}, from segment {Segment} on")]
    private partial void LogReady(string spool, string segments, int segment);

    [LoggerMessage(2, LogLevel.Debug, "{Count} records are stored in segment {Segment}")]
    private partial void LogStored(int count, int segment);

    [LoggerMessage(3, LogLevel.Warning, "A file is passed over: {Why}")]
    private partial void LogRefused(string why);
}
