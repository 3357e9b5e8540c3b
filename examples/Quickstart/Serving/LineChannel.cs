using System.Text;

namespace Dispatch.Examples.Quickstart;

/// <summary>Lines of UTF-8 text over a connection. One reader and one writer at a time.</summary>
internal abstract class LineChannel : IAsyncDisposable
{
    // Four times the longest path, with room for its digest: every character escaped, and then some.
    private const int LongestLine = 16 * 1024;

    private byte[] received = new byte[1024];
    private byte[] sending = new byte[1024];
    private int start;
    private int end;

    /// <summary>Reads the next line.</summary>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>The line without its break, or null when the peer has finished.</returns>
    /// <exception cref="InvalidDataException">The line is too long, or has no end.</exception>
    public async ValueTask<string?> ReadAsync(CancellationToken cancellationToken = default)
    {
        int searched = 0;
        while (true)
        {
            int length = received.AsSpan(start + searched, end - start - searched).IndexOf((byte)'\n');
            if (length >= 0)
            {
                string line = Encoding.UTF8.GetString(received, start, searched + length);
                start += searched + length + 1;
                return line;
            }

            searched = end - start;
            MakeRoom();
            int count = await ReceiveAsync(received.AsMemory(end), cancellationToken);
            if (count == 0)
            {
                return searched == 0 ? null : throw new InvalidDataException("The connection ended in the middle of a line.");
            }

            end += count;
        }
    }

    /// <summary>Writes a line.</summary>
    /// <param name="line">The line, without a break in it.</param>
    /// <returns>A task that ends when it is sent.</returns>
    public ValueTask WriteAsync(string line)
    {
        int most = Encoding.UTF8.GetMaxByteCount(line.Length) + 1;
        if (sending.Length < most)
        {
            sending = new byte[most];
        }

        int count = Encoding.UTF8.GetBytes(line, sending);
        sending[count++] = (byte)'\n';
        return SendAsync(sending.AsMemory(0, count));
    }

    /// <summary>Tells the peer that no more lines follow.</summary>
    /// <returns>A task that ends when it is told.</returns>
    public abstract ValueTask FinishAsync();

    /// <inheritdoc/>
    public abstract ValueTask DisposeAsync();

    /// <summary>Receives some bytes, 0 at the end.</summary>
    protected abstract ValueTask<int> ReceiveAsync(Memory<byte> destination, CancellationToken cancellationToken);

    /// <summary>Sends all of the bytes.</summary>
    protected abstract ValueTask SendAsync(ReadOnlyMemory<byte> data);

    private void MakeRoom()
    {
        if (start > 0)
        {
            received.AsSpan(start, end - start).CopyTo(received);
            end -= start;
            start = 0;
        }

        if (end == received.Length)
        {
            if (end >= LongestLine)
            {
                throw new InvalidDataException($"A line is longer than {LongestLine} bytes.");
            }

            Array.Resize(ref received, 2 * end);
        }
    }
}
