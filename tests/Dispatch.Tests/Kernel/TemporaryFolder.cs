namespace Dispatch.Tests.Kernel;

/// <summary>A folder that goes with the test. Beside the test program: the system's own may be in memory, which has no direct I/O.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Name { get; } = Directory.CreateDirectory(Path.Combine(AppContext.BaseDirectory, "tmp", Guid.NewGuid().ToString("n"))).FullName;

    public string this[string name] => Path.Combine(Name, name);

    public string Fifo(string name)
    {
        string path = Path.Combine(Name, name);
        Assert.Equal(0, Native.MakeFifo(path, 0x180));
        return path;
    }

    public string File(string name, byte[] content)
    {
        string path = Path.Combine(Name, name);
        System.IO.File.WriteAllBytes(path, content);
        return path;
    }

    public void Dispose() => Directory.Delete(Name, recursive: true);
}
