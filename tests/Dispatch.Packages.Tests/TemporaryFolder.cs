namespace Dispatch.Packages.Tests;

/// <summary>A folder outside the repository, so that none of its settings hold there. It goes when the test ends.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    /// <summary>Gets where it is.</summary>
    public string Root { get; } = Directory.CreateTempSubdirectory("dispatch-packages-").FullName;

    /// <summary>Gets a path in it.</summary>
    public string PathOf(params string[] parts) => Path.Combine([Root, .. parts]);

    /// <summary>Writes a file into it.</summary>
    public void Write(string name, string content) => File.WriteAllText(PathOf(name), content);

    /// <summary>Copies a folder that lies beside the tests into it.</summary>
    public void CopyFrom(string folder)
    {
        foreach (string file in Directory.EnumerateFiles(Path.Combine(AppContext.BaseDirectory, folder)))
        {
            File.Copy(file, PathOf(Path.GetFileName(file)));
        }
    }

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
