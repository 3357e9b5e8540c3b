using System.Runtime.InteropServices;

namespace Dispatch.Benchmarks;

/// <summary>The libc calls that measuring needs and the framework does not offer.</summary>
internal static partial class Native
{
    /// <summary>CPU time of the calling process, all threads.</summary>
    public const int ClockProcessCpu = 2;

    /// <summary>CPU time of the calling thread.</summary>
    public const int ClockThreadCpu = 3;

    [LibraryImport("libc", EntryPoint = "clock_gettime", SetLastError = true)]
    public static partial int ClockGetTime(int clock, out TimeSpec time);

    [LibraryImport("libc", EntryPoint = "sched_getaffinity", SetLastError = true)]
    public static partial int SchedGetAffinity(int thread, nuint length, Span<ulong> mask);

    [LibraryImport("libc", EntryPoint = "sched_setaffinity", SetLastError = true)]
    public static partial int SchedSetAffinity(int thread, nuint length, ReadOnlySpan<ulong> mask);

    [LibraryImport("libc", EntryPoint = "getppid")]
    public static partial int GetParent();

    [LibraryImport("libc", EntryPoint = "recv", SetLastError = true)]
    public static unsafe partial nint Receive(int socket, byte* buffer, nuint length, int flags);

    /// <summary>The C <c>timespec</c> of 64-bit Linux.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal readonly struct TimeSpec
    {
        public readonly long Seconds;
        public readonly long Nanoseconds;

        public long TotalNanoseconds => (Seconds * 1_000_000_000) + Nanoseconds;
    }
}
