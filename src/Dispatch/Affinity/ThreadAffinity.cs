using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Tmds.Linux;

namespace Dispatch;

/// <summary>
/// The affinity mask of the calling thread. Works on Linux only. On another system Tmds.LibC has no assembly to load, so the methods that name
/// its types are private, never inlined, and called only after the system was checked.
/// </summary>
internal static unsafe class ThreadAffinity
{
    private const int CallingThread = 0;

    /// <summary>Binds the calling thread to some CPUs, and makes sure that it is.</summary>
    /// <param name="cpus">The CPUs.</param>
    /// <returns>The mask that the thread had, for <see cref="Restore"/>.</returns>
    /// <exception cref="ArgumentException">The set is empty.</exception>
    /// <exception cref="PlatformNotSupportedException">This is not Linux.</exception>
    /// <exception cref="InvalidOperationException">
    /// The kernel refused, or bound the thread to fewer CPUs than asked: it drops, without an error, those outside the process's cpuset. The
    /// thread's mask is then as it was.
    /// </exception>
    public static CpuSet Apply(CpuSet cpus)
    {
        if (cpus.Count == 0)
        {
            throw new ArgumentException("A thread needs at least one CPU to run on.", nameof(cpus));
        }

        CpuSet before = Read();
        Write(cpus);
        CpuSet after = Read();
        if (after != cpus)
        {
            Write(before);
            throw new InvalidOperationException(
                $"A thread was to run on CPU {cpus}, and the kernel let it run on {after} only: the others are offline, or outside the process's cpuset. Its mask is {before} again.");
        }

        return before;
    }

    /// <summary>Gives the calling thread a mask that <see cref="Apply"/> returned.</summary>
    /// <exception cref="InvalidOperationException">The kernel refused: none of the CPUs is left to the process.</exception>
    /// <exception cref="PlatformNotSupportedException">This is not Linux.</exception>
    public static void Restore(CpuSet before)
    {
        CheckSystem();
        Write(before);
    }

    /// <summary>Reads the mask of the calling thread. <c>sched_getaffinity(2)</c>.</summary>
    public static CpuSet Read() => Read(CallingThread);

    /// <summary>Reads the mask of a thread. <c>sched_getaffinity(2)</c>.</summary>
    /// <param name="thread">The kernel's number of the thread: a process's number means its first thread, 0 the calling one.</param>
    /// <exception cref="InvalidOperationException">The kernel refused; the message says why.</exception>
    /// <exception cref="PlatformNotSupportedException">This is not Linux.</exception>
    public static CpuSet Read(int thread)
    {
        CheckSystem();
        return Get(thread);
    }

    private static void CheckSystem()
    {
        if (!OperatingSystem.IsLinux())
        {
            throw new PlatformNotSupportedException("Threads are bound to CPUs on Linux only; run the loops unbound.");
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static CpuSet Get(int thread)
    {
        // cpu_set_t itself ends at CPU 1,023, and the kernel answers EINVAL to a buffer that is too small for it; this one never is.
        Span<ulong> mask = stackalloc ulong[CpuSet.MaxWords];
        fixed (ulong* bits = mask)
        {
            if (LibC.sched_getaffinity(thread, mask.Length * sizeof(ulong), (cpu_set_t*)bits) < 0)
            {
                throw Failure("sched_getaffinity", Marshal.GetLastPInvokeError(), "reading the mask of a thread");
            }
        }

        return CpuSet.FromWords(mask);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Write(CpuSet cpus)
    {
        fixed (ulong* bits = cpus.Words)
        {
            if (LibC.sched_setaffinity(CallingThread, cpus.Words.Length * sizeof(ulong), (cpu_set_t*)bits) < 0)
            {
                throw Failure("sched_setaffinity", Marshal.GetLastPInvokeError(), $"binding a thread to CPU {cpus}");
            }
        }
    }

    private static InvalidOperationException Failure(string call, int errno, string doing)
    {
        string remedy = errno switch
        {
            Errno.EINVAL => " None of the CPUs is one on which this process may run; CpuSet.Process tells those that are.",
            Errno.EPERM or Errno.ENOSYS => " A seccomp profile, or a sandbox, seems to forbid it; run the loops unbound.",
            _ => string.Empty,
        };
        return new InvalidOperationException($"{call} failed while {doing}: {Errno.Name(errno)}, {Errno.Explain(errno)}.{remedy}");
    }
}
