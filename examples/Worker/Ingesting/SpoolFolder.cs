namespace Dispatch.Examples.Worker.Ingesting;

/// <summary>
/// The folder that producers put files into. They write under a name that begins with a dot or ends in <c>.tmp</c>, and rename: what has its final name is whole. A file that is gone from here is stored.
/// </summary>
internal sealed class SpoolFolder(string path)
{
    public string Path { get; } = path;

    /// <summary>Lists up to so many files that are ready, oldest names first. Blocks: not for a loop's thread.</summary>
    public List<string> List(int most, IReadOnlySet<string> except)
    {
        List<string> ready = [];
        foreach (string file in Directory.EnumerateFiles(Path))
        {
            ReadOnlySpan<char> name = System.IO.Path.GetFileName(file.AsSpan());
            if (name[0] != '.' && !name.EndsWith(".tmp") && !except.Contains(file))
            {
                ready.Add(file);
                if (ready.Count == most)
                {
                    break;
                }
            }
        }

        ready.Sort(StringComparer.Ordinal);
        return ready;
    }
}
