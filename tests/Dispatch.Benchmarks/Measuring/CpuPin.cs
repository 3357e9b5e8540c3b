using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Dispatch.Benchmarks;

/// <summary>
/// Keeps the calling thread on one CPU until disposed on the same thread. A process started meanwhile inherits the CPU for all its
/// threads, so that its runtime sees a machine with one CPU, as under taskset(1).
/// </summary>
internal readonly struct CpuPin : IDisposable
{
    private const int MaskWords = 16;

    private readonly ulong[]? before;

    private CpuPin(ulong[] before)
    {
        this.before = before;
    }

    /// <summary>The CPUs that this process may run on, in ascending order.</summary>
    public static IReadOnlyList<int> AllowedCpus()
    {
        ulong[] mask = Get();
        return [.. Enumerable.Range(0, MaskWords * 64).Where(cpu => (mask[cpu / 64] >> (cpu % 64) & 1) != 0)];
    }

    public static CpuPin Enter(int cpu)
    {
        var pin = new CpuPin(Get());
        var mask = new ulong[MaskWords];
        mask[cpu / 64] = 1UL << (cpu % 64);
        Set(mask);
        return pin;
    }

    public void Dispose()
    {
        if (before is not null)
        {
            Set(before);
        }
    }

    private static ulong[] Get()
    {
        var mask = new ulong[MaskWords];
        return Native.SchedGetAffinity(0, MaskWords * sizeof(ulong), mask) >= 0
            ? mask
            : throw new Win32Exception(Marshal.GetLastPInvokeError(), "sched_getaffinity");
    }

    private static void Set(ulong[] mask)
    {
        if (Native.SchedSetAffinity(0, MaskWords * sizeof(ulong), mask) != 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError(), "sched_setaffinity");
        }
    }
}
