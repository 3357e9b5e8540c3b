using System.Diagnostics;

namespace Dispatch.Testing;

/// <summary>Time and events of a kernel whose loops have threads of their own: real time, and one timer of the system that makes events happen.</summary>
internal sealed class LiveTimer : IDisposable
{
    private readonly SimulatedKernel kernel;
    private readonly long start = Stopwatch.GetTimestamp();
    private readonly Timer timer;

    public LiveTimer(SimulatedKernel kernel)
    {
        this.kernel = kernel;
        timer = new Timer(static s => ((LiveTimer)s!).OnTimer(), this, Timeout.Infinite, Timeout.Infinite);
    }

    /// <summary>Gets the time since the kernel was made, in nanoseconds.</summary>
    public long Now => (long)((Int128)(Stopwatch.GetTimestamp() - start) * 1_000_000_000 / Stopwatch.Frequency);

    /// <summary>Sees to it that the earliest event happens. With the kernel's lock.</summary>
    public void Arm()
    {
        long due = kernel.Events.NextTime;
        if (due != long.MaxValue)
        {
            long left = Math.Clamp((due - Now + 999_999) / 1_000_000, 0, int.MaxValue);
            timer.Change(left, Timeout.Infinite);
        }
    }

    /// <summary>Sleeps until something could have come for a ring. With the kernel's lock, which it gives away meanwhile.</summary>
    public int Wait(SimulatedRing ring, long timeoutNanoseconds)
    {
        FireDue();
        if (ring.NeedsAttention)
        {
            return 0;
        }

        Arm();
        if (timeoutNanoseconds < 0)
        {
            Monitor.Wait(kernel.Gate);
        }
        else
        {
            Monitor.Wait(kernel.Gate, (int)Math.Min((timeoutNanoseconds + 999_999) / 1_000_000, int.MaxValue));
        }

        FireDue();
        return 0;
    }

    /// <inheritdoc/>
    public void Dispose() => timer.Dispose();

    private void OnTimer()
    {
        lock (kernel.Gate)
        {
            FireDue();
            Arm();
        }
    }

    private void FireDue()
    {
        bool any = false;
        while (kernel.Events.NextTime <= Now)
        {
            kernel.Events.Take().Fire();
            any = true;
        }

        if (any)
        {
            Monitor.PulseAll(kernel.Gate);
        }
    }
}
