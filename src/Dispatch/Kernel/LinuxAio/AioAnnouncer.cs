using static Dispatch.AioAbi;

namespace Dispatch;

/// <summary>
/// Announces the earliest timeout in the context's ring, for a loop that only polls and reads no clock: a <c>timerfd_create(2)</c> that is polled like any descriptor. Made when the first timeout is. Owner thread only.
/// </summary>
internal sealed unsafe class AioAnnouncer(AioQueue context)
{
    private const int Monotonic = 1;
    private const int Flags = 0x80000 | O_NONBLOCK; // TFD_CLOEXEC
    private const int Absolute = 1;
    private const long Second = 1_000_000_000;

    private readonly int slot = context.Take(AioSlotUse.Timer, null);
    private int descriptor = -1;
    private bool polled;
    private long announced = long.MaxValue;

    /// <summary>Makes sure that an event comes at this time or earlier.</summary>
    public void Announce(long due)
    {
        if (due >= announced)
        {
            return;
        }

        if (descriptor < 0 && !TryCreate())
        {
            return; // Without a descriptor a loop that only polls finds its timeouts when it enters for something else; one that parks is not concerned.
        }

        long* setting = stackalloc long[4] { 0, 0, due / Second, Math.Max(1, due % Second) }; // All zero would stop it.
        SystemCall.Run(SystemCall.TimerSet, descriptor, Absolute, (long)setting, 0);
        announced = due;
        if (!polled)
        {
            polled = true;
            context.QueuePoll(slot, descriptor, POLLIN);
        }
    }

    /// <summary>The event has come.</summary>
    public void OnFired()
    {
        polled = false;
        announced = long.MaxValue;

        // Setting it again takes its readiness back; if it is not set again, nobody polls it.
    }

    /// <summary>Closes the timer.</summary>
    public void Close()
    {
        if (descriptor >= 0)
        {
            SystemCall.Run(SystemCall.CloseDescriptor, descriptor);
        }
    }

    private bool TryCreate()
    {
        descriptor = (int)SystemCall.Run(SystemCall.TimerCreate, Monotonic, Flags);
        return descriptor >= 0;
    }
}
