namespace Dispatch.Examples.Worker.Segments;

/// <summary>
/// Appends records to the newest segment, and begins a new one when that is full. What <see cref="AppendAsync"/> has returned for is on the device: the data, the length, and, of a new segment, its name in the folder.
/// </summary>
/// <remarks>A sync that failed is not tried again: the kernel may have dropped the pages, and the next one would report success. The writer is then of no more use; a new one starts from what is on the device.</remarks>
internal sealed class SegmentWriter : IAsyncDisposable
{
    private readonly SegmentFolder folder;
    private readonly long limit;
    private DispatchFile file;
    private long end;

    private SegmentWriter(SegmentFolder folder, long limit, DispatchFile file, int number, long end)
    {
        this.folder = folder;
        this.limit = limit;
        this.file = file;
        this.end = end;
        Number = number;
    }

    /// <summary>Gets the number of the segment that is written to.</summary>
    public int Number { get; private set; }

    /// <summary>Gets a value indicating whether the next batch goes to a new segment.</summary>
    public bool IsFull => end >= limit;

    /// <summary>
    /// Goes on with the newest segment, or begins the first. What a crash left behind the last whole record is cut off: nobody was told that it is stored.
    /// </summary>
    /// <param name="folder">The folder.</param>
    /// <param name="limit">The length from which a segment counts as full.</param>
    /// <param name="found">Told of the records of the newest segment.</param>
    public static async Task<SegmentWriter> OpenAsync(SegmentFolder folder, long limit, Action<StoredRecord> found)
    {
        IReadOnlyList<(int Number, string Path)> present = await EventLoop.Current!.OffloadAsync(folder.Find);
        if (present.Count == 0)
        {
            await FolderSync.RunAsync(Path.GetDirectoryName(Path.GetFullPath(folder.Path)) ?? "/"); // The folder may be new itself.
            return new SegmentWriter(folder, limit, await BeginAsync(folder, 1), 1, 0);
        }

        (int number, string path) = present[^1];
        DispatchFile file = await DispatchFile.OpenAsync(path, new FileOpenOptions { Access = FileAccess.ReadWrite });
        try
        {
            long length = (await file.GetStatusAsync()).Length;
            long whole = await SegmentReader.ReadAsync(file, length, found);
            if (whole < length)
            {
                await file.SetLengthAsync(whole);
                await file.FlushAsync();
            }

            return new SegmentWriter(folder, limit, file, number, whole);
        }
        catch
        {
            await file.DisposeAsync();
            throw;
        }
    }

    /// <summary>Stores records: one write and one sync for all of them.</summary>
    /// <param name="pieces">Headers and contents, in order.</param>
    public async Task AppendAsync(IReadOnlyList<ReadOnlyMemory<byte>> pieces)
    {
        await file.WriteAsync(pieces, end);
        await file.FlushAsync(dataOnly: true);
        end += pieces.Sum(p => (long)p.Length);
    }

    /// <summary>Begins the next segment.</summary>
    public async Task RollAsync()
    {
        DispatchFile next = await BeginAsync(folder, Number + 1);
        await file.DisposeAsync();
        file = next;
        Number++;
        end = 0;
    }

    public ValueTask DisposeAsync() => file.DisposeAsync();

    private static async Task<DispatchFile> BeginAsync(SegmentFolder folder, int number)
    {
        DispatchFile begun = await DispatchFile.OpenAsync(folder.PathOf(number), new FileOpenOptions { Mode = FileMode.CreateNew, Access = FileAccess.ReadWrite });
        await FolderSync.RunAsync(folder.Path); // Data in a file whose name is lost is lost.
        return begun;
    }
}
