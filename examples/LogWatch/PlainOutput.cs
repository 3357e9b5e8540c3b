using System.Text;

namespace Dispatch.Examples.LogWatch;

/// <summary>The lines themselves, byte by byte as they are, each behind its file's name where there are several. For pipes and files; written as soon as the loop has nothing more at hand.</summary>
internal sealed class PlainOutput(Stream output, bool namesFiles) : ILineOutput
{
    private readonly Dictionary<WatchedFile, byte[]> names = [];
    private readonly BufferedStream buffered = new(output, 65_536);
    private bool isClosed;

    public void Line(WatchedFile file, FileLine line)
    {
        if (namesFiles)
        {
            if (!names.TryGetValue(file, out byte[]? name))
            {
                name = Encoding.UTF8.GetBytes(file.Path + ": ");
                names.Add(file, name);
            }

            buffered.Write(name);
        }

        buffered.Write(line.Span);
        buffered.WriteByte((byte)'\n');
    }

    public void Flush()
    {
        if (!isClosed)
        {
            buffered.Flush();
        }
    }

    public void Second(IReadOnlyList<WatchedFile> files)
    {
    }

    public void Dispose()
    {
        isClosed = true;
        try
        {
            buffered.Dispose();
        }
        catch (IOException)
        {
            // Whoever read the lines has gone; the summary is for somebody else.
        }
    }
}
