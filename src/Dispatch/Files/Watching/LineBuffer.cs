namespace Dispatch;

/// <summary>The bytes of a file that were read and not taken as lines yet. Lines are places in it; it moves, or is written to, only while no line is out. Owner thread only.</summary>
internal sealed class LineBuffer(int readBytes, int maxLine)
{
    private byte[] bytes = new byte[readBytes];
    private int start;
    private int scanned;
    private int end;
    private long current;

    /// <summary>Gets a value indicating whether there are bytes of a line that has not ended.</summary>
    public bool HasRest => end != start;

    /// <summary>Gets how many bytes of a line that has not ended there are.</summary>
    public int RestBytes => end - start;

    /// <summary>Gets a value indicating whether what is there is longer than a line may be. After <see cref="TryNext"/> has found none.</summary>
    public bool IsTooLong => end - start > maxLine;

    /// <summary>Takes the next whole line.</summary>
    public bool TryNext(out FileLine line)
    {
        int newline = bytes.AsSpan(scanned, end - scanned).IndexOf((byte)'\n');
        if (newline < 0)
        {
            scanned = end;
            line = default;
            return false;
        }

        int length = scanned + newline - start;
        if (length > maxLine)
        {
            line = default;
            return false; // Its newline is found again when it has been cut.
        }

        line = new FileLine(this, ++current, start, length, hasNewline: true, isSplit: false);
        start += length + 1;
        scanned = start;
        return true;
    }

    /// <summary>Takes as much of a line that is too long as a line may have.</summary>
    public FileLine Cut()
    {
        FileLine line = new(this, ++current, start, maxLine, hasNewline: false, isSplit: true);
        start += maxLine;
        scanned = start;
        return line;
    }

    /// <summary>Takes what is there as a line: its file has ended.</summary>
    public FileLine TakeRest()
    {
        FileLine line = new(this, ++current, start, end - start, hasNewline: false, isSplit: false);
        start = end;
        scanned = end;
        return line;
    }

    /// <summary>Gets room to read into: all of a read's size, for which what is there moves to the front, or the buffer grows.</summary>
    public Memory<byte> Room()
    {
        if (start == end)
        {
            start = 0;
            scanned = 0;
            end = 0;
        }
        else if (bytes.Length - end < readBytes)
        {
            int rest = end - start;
            byte[] target = rest + readBytes <= bytes.Length ? bytes : new byte[Math.Max(bytes.Length * 2, rest + readBytes)];
            bytes.AsSpan(start, rest).CopyTo(target);
            bytes = target;
            scanned -= start;
            start = 0;
            end = rest;
        }

        return bytes.AsMemory(end, Math.Min(readBytes, bytes.Length - end));
    }

    /// <summary>So many bytes were read.</summary>
    public void Add(int count) => end += count;

    /// <summary>Reads a line that is out.</summary>
    public ReadOnlySpan<byte> Read(long number, int from, int length)
    {
        ObjectDisposedException.ThrowIf(number != current, typeof(FileLine));
        return bytes.AsSpan(from, length);
    }

    /// <summary>A line is over.</summary>
    public void EndLine(long number)
    {
        if (number == current)
        {
            current++;
        }
    }
}
