using Dispatch.Examples.Worker.Segments;

namespace Dispatch.Examples.Worker.Verifying;

/// <summary>Reads every record of every segment and checks it.</summary>
internal static class VerifyRun
{
    public static async Task<int> RunAsync(string path, bool list, bool json, KernelKind kernel)
    {
        await using Dispatcher dispatcher = Dispatcher.Create(new DispatcherOptions { LoopCount = 1, Kernel = kernel });
        VerifyResult result = await dispatcher.RunAsync(() => VerifyAsync(new SegmentFolder(path), list));
        if (json)
        {
            ExampleProgram.PrintJson(result);
        }
        else
        {
            Console.WriteLine($"{result.Records} records with {result.Bytes} bytes in {result.Segments} segments are whole.");
            result.Damage.ForEach(Console.WriteLine);
        }

        return result.Damage.Count == 0 ? 0 : 1;
    }

    private static async Task<VerifyResult> VerifyAsync(SegmentFolder folder, bool list)
    {
        VerifyResult result = new();
        IReadOnlyList<(int Number, string Path)> segments = await EventLoop.Current!.OffloadAsync(folder.Find);
        for (int i = 0; i < segments.Count; i++)
        {
            await using DispatchFile file = await DispatchFile.OpenAsync(segments[i].Path);
            long length = (await file.GetStatusAsync()).Length;
            long whole = await SegmentReader.ReadAsync(file, length, stored =>
            {
                result.Records++;
                result.Bytes += stored.ContentLength;
                if (list)
                {
                    Console.WriteLine($"{stored.Checksum:x16}  {stored.ContentLength}  {stored.Name}");
                }
            });
            result.Segments++;
            if (whole < length)
            {
                result.Damage.Add(i == segments.Count - 1
                    ? $"{segments[i].Path}: {length - whole} bytes after the last whole record, at {whole}. A run that is killed leaves such an end, and the next one cuts it off."
                    : $"{segments[i].Path}: damaged at {whole} of {length} bytes. No kill does that: look at the disk, and restore the file.");
            }
        }

        return result;
    }
}
