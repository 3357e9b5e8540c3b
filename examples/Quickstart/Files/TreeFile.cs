namespace Dispatch.Examples.Quickstart;

/// <summary>A file as it was found, before it was read.</summary>
/// <param name="Path">Its path, relative to the directory that was searched.</param>
/// <param name="FullPath">The path to open it by.</param>
/// <param name="Length">Its size in bytes.</param>
/// <param name="LastWrite">When it was last written to.</param>
internal sealed record TreeFile(string Path, string FullPath, long Length, DateTimeOffset LastWrite)
{
    /// <summary>Says whether the file is not what was found any more. Blocks.</summary>
    /// <returns>Whether size or time differ.</returns>
    public bool HasChanged()
    {
        FileInfo now = new(FullPath);
        return !now.Exists || now.Length != Length || now.LastWriteTimeUtc != LastWrite.UtcDateTime;
    }
}
