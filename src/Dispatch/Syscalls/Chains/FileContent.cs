using System.Buffers;

namespace Dispatch;

/// <summary>
/// The content of a file that was read whole, in a buffer that belongs to a loop and goes back there by <see cref="Dispose"/>. Any thread, one at a time; the memory must not be used after it was disposed.
/// </summary>
public sealed class FileContent : IMemoryOwner<byte>
{
    private FileReads? home;
    private byte[]? buffer;

    internal FileContent(FileReads? home, byte[] buffer, int length)
    {
        this.home = home;
        this.buffer = buffer;
        Length = length;
    }

    /// <summary>Gets the number of bytes.</summary>
    public int Length { get; }

    /// <summary>Gets the content. Throws <see cref="ObjectDisposedException"/> when it was disposed.</summary>
    public Memory<byte> Memory => Buffer.AsMemory(0, Length);

    /// <summary>Gets the content. Throws <see cref="ObjectDisposedException"/> when it was disposed.</summary>
    public ReadOnlySpan<byte> Span => Buffer.AsSpan(0, Length);

    private byte[] Buffer => buffer ?? throw new ObjectDisposedException(nameof(FileContent));

    /// <summary>Gives the buffer back. Doing it twice does nothing.</summary>
    public void Dispose()
    {
        FileReads? owner = Interlocked.Exchange(ref home, null);
        byte[]? given = Interlocked.Exchange(ref buffer, null);
        if (given is not null)
        {
            owner?.ReturnFromAnyThread(given);
        }
    }
}
