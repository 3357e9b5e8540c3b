using System.Globalization;

namespace Dispatch.Examples.Worker.Segments;

/// <summary>The folder of segments, and how they are named: in the order in which they were begun.</summary>
internal sealed class SegmentFolder(string path)
{
    private const string Prefix = "segment-";
    private const string Suffix = ".log";

    public string Path { get; } = path;

    /// <summary>Finds the segments, oldest first.</summary>
    public IReadOnlyList<(int Number, string Path)> Find() =>
        [.. Directory.EnumerateFiles(Path, $"{Prefix}*{Suffix}").Select(file => (Number: NumberOf(file), Path: file)).Where(s => s.Number > 0).OrderBy(s => s.Number)];

    /// <summary>Gets the path of a segment.</summary>
    public string PathOf(int number) => System.IO.Path.Combine(Path, string.Create(CultureInfo.InvariantCulture, $"{Prefix}{number:D8}{Suffix}"));

    private static int NumberOf(string file)
    {
        ReadOnlySpan<char> name = System.IO.Path.GetFileName(file.AsSpan());
        return int.TryParse(name[Prefix.Length..^Suffix.Length], NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : 0;
    }
}
