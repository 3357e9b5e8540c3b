using System.Text;
using System.Text.RegularExpressions;

namespace Dispatch.Examples.LogWatch;

/// <summary>Takes one file's lines on the loop, and hands on those that match.</summary>
internal sealed class LineFilter(WatchedFile file, Regex? match, ILineOutput output, Action<WatchedFile, Exception?> ended) : IObserver<FileLine>
{
    private bool isFlushing;
    private char[] text = new char[1024];

    public void OnNext(FileLine line)
    {
        file.Lines++;
        file.Bytes += line.Length;
        if (match is not null && !match.IsMatch(Decode(line.Span)))
        {
            return;
        }

        file.Matched++;
        try
        {
            output.Line(file, line);
        }
        catch (IOException e)
        {
            ended(file, e); // Whoever read the lines has gone.
        }

        if (!isFlushing)
        {
            isFlushing = true;
            EventLoop.Current!.Post(Flush);
        }
    }

    public void OnCompleted() => ended(file, null);

    public void OnError(Exception error) => ended(file, error);

    /// <summary>After what is at hand: a line that comes alone is written at once, a thousand are written together.</summary>
    private void Flush()
    {
        isFlushing = false;
        try
        {
            output.Flush();
        }
        catch (IOException e)
        {
            ended(file, e);
        }
    }

    private ReadOnlySpan<char> Decode(ReadOnlySpan<byte> bytes)
    {
        if (text.Length < bytes.Length)
        {
            text = new char[bytes.Length * 2];
        }

        // What is no UTF-8 is matched as replacement characters, and printed as it is.
        return text.AsSpan(0, Encoding.UTF8.GetChars(bytes, text));
    }
}
