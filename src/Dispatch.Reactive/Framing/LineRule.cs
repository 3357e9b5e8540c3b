using System.Globalization;

namespace Dispatch.Reactive;

/// <summary>Lines that end with LF or CRLF. The last one may do without.</summary>
internal sealed class LineRule(int maxLength) : IFrameRule
{
    private const byte LineFeed = (byte)'\n';
    private const byte CarriageReturn = (byte)'\r';

    /// <inheritdoc/>
    public int Measure(ReadOnlySpan<byte> data)
    {
        int end = data.IndexOf(LineFeed);
        Check(end < 0 ? data : data[..end]);
        return end + 1;
    }

    /// <inheritdoc/>
    public int Take(ReadOnlySpan<byte> begun, ReadOnlySpan<byte> next)
    {
        int end = next.IndexOf(LineFeed);
        int more = end < 0 ? next.Length : end;
        if (begun.Length + (long)more > maxLength)
        {
            // One byte too many may be the CR of the line's end.
            bool endsWithReturn = (more == 0 ? begun[^1] : next[more - 1]) == CarriageReturn;
            if (begun.Length + (long)more > maxLength + 1L || !endsWithReturn)
            {
                throw TooLong();
            }
        }

        return end < 0 ? more : end + 1;
    }

    /// <inheritdoc/>
    public bool IsWhole(ReadOnlySpan<byte> begun) => begun[^1] == LineFeed;

    /// <inheritdoc/>
    public (int Offset, int Length) Payload(ReadOnlySpan<byte> frame)
    {
        int length = frame.Length;
        if (length > 0 && frame[length - 1] == LineFeed)
        {
            length--;
            if (length > 0 && frame[length - 1] == CarriageReturn)
            {
                length--;
            }
        }

        return (0, length);
    }

    /// <inheritdoc/>
    public Exception? AtEnd(ReadOnlySpan<byte> rest) => rest.Length > maxLength ? TooLong() : null;

    private void Check(ReadOnlySpan<byte> line)
    {
        if (line.Length > maxLength && (line.Length > maxLength + 1L || line[^1] != CarriageReturn))
        {
            throw TooLong();
        }
    }

    private InvalidDataException TooLong() => new(string.Create(
        CultureInfo.InvariantCulture,
        $"A received line is longer than {maxLength} bytes, the maxLength given. Raise it if such lines are to be expected; if not, the peer does not speak the protocol, or means harm: close the connection."));
}
