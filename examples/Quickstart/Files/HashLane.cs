using System.Security.Cryptography;

namespace Dispatch.Examples.Quickstart;

/// <summary>
/// One loop's share of the files. Some readers take files from the share, one after the other; all of them run on the loop's thread, so the queue, the meter and the readers' state need no lock.
/// </summary>
internal sealed class HashLane(EventLoop loop, LoopMeter meter, IEnumerable<TreeFile> share)
{
    /// <summary>How many files a loop reads at a time: requests that wait together go to the kernel together.</summary>
    public const int Readers = 16;

    /// <summary>The size of a read in bytes.</summary>
    public const int ChunkBytes = 128 * 1024;

    // The path may have become a link or a FIFO since it was listed.
    private static readonly FileOpenOptions AsFound = new() { FollowLinks = false, WaitForPeer = false };

    private readonly Queue<TreeFile> files = new(share);

    /// <summary>Reads the share. Call it on the loop.</summary>
    /// <param name="digests">Where the digests go, on the loop's thread.</param>
    /// <param name="cancellationToken">Takes no more files.</param>
    /// <returns>A task that ends when all are read.</returns>
    public Task RunAsync(IObserver<FileDigest> digests, CancellationToken cancellationToken) =>
        Task.WhenAll(Enumerable.Range(0, Math.Min(Readers, files.Count)).Select(_ => ReadFilesAsync(digests, cancellationToken)));

    private async Task ReadFilesAsync(IObserver<FileDigest> digests, CancellationToken cancellationToken)
    {
        using AlignedMemory buffer = AlignedMemory.Allocate(ChunkBytes); // Unmanaged: the kernel writes to it all the time, and nothing has to be pinned.
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        while (!cancellationToken.IsCancellationRequested && files.TryDequeue(out TreeFile? file))
        {
            digests.OnNext(await ReadAsync(file, buffer.Memory, hash));
        }
    }

    private async ValueTask<FileDigest> ReadAsync(TreeFile file, Memory<byte> buffer, IncrementalHash hash)
    {
        try
        {
            if (file.Length == 0 && !await IsRegularAsync(file, buffer))
            {
                return new FileDigest(file, FileOutcome.Skipped, Reason: "it is no regular file");
            }

            await using DispatchFile open = await meter.Measure(DispatchFile.OpenAsync(file.FullPath, AsFound));
            long offset = 0;
            while (await meter.Measure(open.ReadAsync(buffer, offset)) is int count and > 0)
            {
                hash.AppendData(buffer.Span[..count]);
                offset += count;
                meter.Bytes += count;
            }

            await meter.Measure(open.CloseAsync());
            meter.Files++;
            return new FileDigest(file, FileOutcome.Digested, offset, Convert.ToHexStringLower(hash.GetHashAndReset()));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            hash.GetHashAndReset();
            return FileDigest.Failed(file, e);
        }
    }

    /// <summary>FIFOs, sockets and devices have no length, and opening one can have effects: what is empty is asked for its kind first.</summary>
    private async ValueTask<bool> IsRegularAsync(TreeFile file, Memory<byte> buffer)
    {
        Memory<byte> answer = buffer[..FileStatus.RecordBytes];
        await meter.Measure(loop.ExecuteAsync(IoRequest.Status(file.FullPath, answer, followLinks: false)));
        return FileStatus.Parse(answer.Span).Kind == FileKind.Regular;
    }
}
