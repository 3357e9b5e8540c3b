using System.Runtime.CompilerServices;
using static Dispatch.SystemCall;

namespace Dispatch;

/// <summary>
/// Where one thread sleeps until somebody opens: a futex word of its own. A monitor does the same with two system calls more, and wakes who has slept longest, where a pool wants the one whose caches are still warm.
/// <c>futex(2)</c>.
/// </summary>
internal sealed unsafe class WorkerGate
{
    private const long WaitPrivate = 128; // FUTEX_WAIT | FUTEX_PRIVATE_FLAG
    private const long WakePrivate = 129; // FUTEX_WAKE | FUTEX_PRIVATE_FLAG

    // Pinned, and alive as long as the gate: whoever opens it late still has a word to write to.
    private readonly int[] word = GC.AllocateArray<int>(1, pinned: true);

    private int* Word => (int*)Unsafe.AsPointer(ref word[0]);

    /// <summary>Lets the sleeper go, or the next one to come. Any thread.</summary>
    public void Open()
    {
        Volatile.Write(ref word[0], 1);
        Run(Futex, (long)Word, WakePrivate, 1);
        GC.KeepAlive(this);
    }

    /// <summary>Sleeps until it is opened, and closes it again. False when the time is over.</summary>
    public bool Wait(TimeSpan time)
    {
        IoUringRecords.KernelTimespec span = new() { Seconds = (long)time.TotalSeconds, Nanoseconds = (time.Ticks % TimeSpan.TicksPerSecond) * 100 };
        while (Interlocked.Exchange(ref word[0], 0) == 0)
        {
            if (Run(Futex, (long)Word, WaitPrivate, 0, (long)(&span)) == -Errno.ETIMEDOUT)
            {
                return Interlocked.Exchange(ref word[0], 0) != 0;
            }
        }

        return true;
    }
}
