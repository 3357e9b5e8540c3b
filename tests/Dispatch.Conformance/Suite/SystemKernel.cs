using System.Runtime.ExceptionServices;

namespace Dispatch.Conformance;

/// <summary>A kernel interface of the running system.</summary>
internal sealed class SystemKernel(KernelKind kind) : KernelUnderTest
{
    public static SystemKernel IoUring { get; } = new(KernelKind.IoUring)
    {
        DenyArguments = ["--deny", $"{Errno.EPERM}"],
        NeedsLockedMemory = true,
    };

    public static SystemKernel LinuxAio { get; } = new(KernelKind.LinuxAio)
    {
        DenyArguments = ["--deny-aio", $"{Errno.EPERM}"],
        Lacks = new Dictionary<Capability, string>
        {
            [Capability.FutexVectors] = "a wait that a worker has not come to yet has to be found by wakes, which look for one word at a time.",
            [Capability.DirectDescriptors] = "the kernel keeps a table of open files for io_uring's rings only.",
            [Capability.ProvidedByRequests] = "its receives take buffers from the loop's ring only.",
        },
    };

    public override string Name => kind.ToString();

    public KernelKind Kind => kind;

    /// <summary>Gets what makes the child program use this kernel.</summary>
    public IReadOnlyList<string> KernelArguments => ["--kernel", kind.ToString()];

    /// <summary>Gets what makes the child program be refused this kernel.</summary>
    public IReadOnlyList<string> DenyArguments { get; init; } = [];

    /// <summary>Gets a value indicating whether the memory of a loop counts against RLIMIT_MEMLOCK.</summary>
    public bool NeedsLockedMemory { get; init; }

    /// <summary>Gets what this kernel lacks, and why.</summary>
    public IReadOnlyDictionary<Capability, string> Lacks { get; init; } = new Dictionary<Capability, string>();

    public override string? WhyNot(Capability capability) => Lacks.GetValueOrDefault(capability);

    public override void Run(Scenario scenario)
    {
        // A ring belongs to its thread, and pool threads may not own one.
        Exception? failure = null;
        Thread thread = new(() =>
        {
            try
            {
                using SystemWorld world = new(kind, scenario);
                world.Run();
            }
            catch (Exception e)
            {
                failure = e;
            }
        })
        {
            IsBackground = true,
        };
        thread.UnsafeStart();
        Assert.True(thread.Join(World.Guard * 2), $"{scenario.Name}: its thread did not end.");
        if (failure is not null)
        {
            ExceptionDispatchInfo.Throw(failure);
        }
    }
}
