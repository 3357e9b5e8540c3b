using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Dispatch.Benchmarks;

/// <summary>
/// CPU time in nanoseconds from the kernel's scheduler clocks (clock_gettime(2)). They include the running thread up to
/// this moment and threads that have ended, which the files under /proc do not.
/// </summary>
internal static class CpuClock
{
    /// <summary>CPU time of the calling thread. For work that stays on one thread.</summary>
    public static long OfThisThread() => Read(Native.ClockThreadCpu);

    /// <summary>CPU time of this process, kernel workers of its rings included. For work that spreads over threads.</summary>
    public static long OfThisProcess() => Read(Native.ClockProcessCpu);

    /// <summary>CPU time of another process; the identifier is what clock_getcpuclockid(3) would return.</summary>
    public static long OfProcess(int processId) => Read((~processId << 3) | 2);

    private static long Read(int clock)
    {
        return Native.ClockGetTime(clock, out Native.TimeSpec time) == 0
            ? time.TotalNanoseconds
            : throw new Win32Exception(Marshal.GetLastPInvokeError(), "clock_gettime");
    }
}
