using Tmds.Linux;

namespace Dispatch.Conformance;

/// <summary>A run on the running system: a folder beside the program (the system's own may be in memory, which has no direct I/O), the system's sockets and pipes.</summary>
internal sealed unsafe class SystemWorld : World
{
    private readonly KernelKind kind;
    private readonly string folder = Directory.CreateDirectory(Path.Combine(AppContext.BaseDirectory, "tmp", Guid.NewGuid().ToString("n"))).FullName;

    public SystemWorld(KernelKind kind, Scenario scenario)
        : base(scenario) => this.kind = kind;

    internal override KernelCalls Calls => KernelCalls.Real;

    public override string this[string name] => Path.Combine(folder, name);

    public override (int First, int Second) SocketPair()
    {
        int* ends = stackalloc int[2];
        Assert.Equal(0, LibC.socketpair(LibC.AF_UNIX, LibC.SOCK_STREAM | LibC.SOCK_CLOEXEC, 0, ends));
        return (ends[0], ends[1]);
    }

    public override (int ReadEnd, int WriteEnd) Pipe()
    {
        int* ends = stackalloc int[2];
        Assert.Equal(0, LibC.pipe2(ends, LibC.O_CLOEXEC));
        return (ends[0], ends[1]);
    }

    public override IReadOnlySet<string> OpenDescriptors() => Directory.GetFiles("/proc/self/fd")
        .Select(f => (Number: Path.GetFileName(f), Target: TargetOf(f)))
        .Where(f => f.Target.StartsWith("socket:", StringComparison.Ordinal) || f.Target.StartsWith("pipe:", StringComparison.Ordinal)
            || f.Target.StartsWith("anon_inode:", StringComparison.Ordinal) || f.Target.StartsWith(folder, StringComparison.Ordinal))
        .Select(f => $"{f.Number}: {f.Target}")
        .ToHashSet();

    public override void Idle() => Thread.Yield();

    internal override KernelRing CreateRing(EventLoopOptions options)
    {
        options.Kernel = kind;
        options.KernelRingFactory = null;
        return KernelFactory.Create(options);
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        Directory.Delete(folder, recursive: true);
    }

    private static string TargetOf(string link)
    {
        try
        {
            return new FileInfo(link).LinkTarget ?? string.Empty;
        }
        catch (IOException)
        {
            return string.Empty; // Closed meanwhile, such as the listing's own.
        }
    }
}
