namespace Dispatch.Tests;

/// <summary>A folder for one test, on the disk's file system (not tmpfs), removed with all that is in it.</summary>
internal sealed class TempFolder : IDisposable
{
    public string Root { get; } = Directory.CreateDirectory(System.IO.Path.Combine(AppContext.BaseDirectory, $"files-{Guid.NewGuid():n}")).FullName;

    public string At(string name) => System.IO.Path.Combine(Root, name);

    public string Write(string name, byte[] content)
    {
        File.WriteAllBytes(At(name), content);
        return At(name);
    }

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
