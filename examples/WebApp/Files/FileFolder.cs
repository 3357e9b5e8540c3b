namespace Dispatch.Examples.WebApp.Files;

/// <summary>The one folder that is served. Names in it are plain: a request cannot leave it, nor see what begins with a dot.</summary>
internal sealed class FileFolder : IDisposable
{
    private readonly DirectoryInfo root;
    private readonly bool isOurs;

    private FileFolder(DirectoryInfo root, bool isOurs)
    {
        this.root = root;
        this.isOurs = isOurs;
    }

    /// <summary>Opens a folder.</summary>
    /// <param name="given">The folder; null for a new one with some files in it.</param>
    /// <returns>The folder; dispose it.</returns>
    public static FileFolder Open(DirectoryInfo? given)
    {
        if (given is not null)
        {
            return new FileFolder(given, isOurs: false);
        }

        FileFolder made = new(Directory.CreateTempSubdirectory("dispatch-webapp-"), isOurs: true);
        foreach ((string name, int length) in new[] { ("1k.bin", 1 << 10), ("64k.bin", 64 << 10), ("1m.bin", 1 << 20) })
        {
            byte[] content = new byte[length];
            new Random(length).NextBytes(content);
            File.WriteAllBytes(Path.Combine(made.root.FullName, name), content);
        }

        return made;
    }

    /// <summary>Finds the path of a name.</summary>
    /// <param name="name">What a request has.</param>
    /// <returns>The path; null when the name is none of a file here.</returns>
    public string? PathOf(string name) =>
        name.Length is > 0 and <= 200 && name[0] != '.' && name.AsSpan().IndexOfAny('/', '\\', '\0') < 0 && !name.Contains("%2f", StringComparison.OrdinalIgnoreCase)
            ? Path.Combine(root.FullName, name)
            : null;

    /// <summary>Makes a path for what is not whole yet. Nobody sees it.</summary>
    /// <returns>The path.</returns>
    public string PathOfPart() => Path.Combine(root.FullName, $".{Guid.NewGuid():N}.part");

    public void Dispose()
    {
        if (isOurs)
        {
            root.Delete(recursive: true);
        }
    }
}
