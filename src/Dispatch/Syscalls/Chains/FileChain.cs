namespace Dispatch;

/// <summary>
/// A file's whole content by one chain of requests, prepared: the path is encoded once, and each run costs one round trip and no allocation but that of its result. Made by <see cref="Chain.ReadFile"/>. Any thread; any number of
/// runs at a time.
/// </summary>
public sealed class FileChain
{
    private readonly byte[] encoded;

    internal FileChain(string path)
    {
        Path = path;
        encoded = FileRead.Encode(path);
    }

    /// <summary>Gets the path.</summary>
    public string Path { get; }

    /// <summary>Reads the file; see <see cref="Chain.ReadFileAsync(string, EventLoop, CancellationToken)"/>.</summary>
    /// <param name="loop">The loop; by default the calling thread's.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The content; dispose it.</returns>
    public ValueTask<FileContent> RunAsync(EventLoop? loop = null, CancellationToken cancellationToken = default) => Chain.ReadAsync(Path, encoded, loop, cancellationToken);

    /// <summary>Reads the file into a buffer; see <see cref="Chain.ReadFileAsync(string, Memory{byte}, EventLoop, CancellationToken)"/>.</summary>
    /// <param name="buffer">Where to; the kernel's until the task ends.</param>
    /// <param name="loop">The loop; by default the calling thread's.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The number of bytes.</returns>
    public ValueTask<int> RunAsync(Memory<byte> buffer, EventLoop? loop = null, CancellationToken cancellationToken = default) => Chain.ReadAsync(Path, encoded, buffer, loop, cancellationToken);
}
