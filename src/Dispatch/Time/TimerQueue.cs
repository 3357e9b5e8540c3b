namespace Dispatch;

/// <summary>
/// The timers of one loop. A parked loop waits for the earliest with the enter's own time limit. A loop that polls reads no clock:
/// one kernel timeout stands for the earliest timer, and its completion says when to look. Owner thread only.
/// </summary>
internal sealed class TimerQueue
{
    private readonly TimerHeap heap = new();
    private readonly LoopEngine engine;
    private readonly LoopSignal signal;
    private readonly TimeProvider clock;
    private readonly bool isKernelTime;
    private readonly TimeoutOperation timeout;
    private bool isDueFlagged;
    private ITimer? foreignTimer;
    private long foreignDue = long.MaxValue;
    private long started;

    public TimerQueue(LoopEngine engine, LoopSignal signal, TimeProvider clock, bool isKernelTime)
    {
        this.engine = engine;
        this.signal = signal;
        this.clock = clock;
        this.isKernelTime = isKernelTime;
        timeout = new TimeoutOperation(engine);
    }

    /// <summary>Gets the number of timers.</summary>
    public int Count => heap.Count;

    /// <summary>Gets or sets a value indicating whether a turn has to look at the clock although it has nothing else to do.</summary>
    public bool IsDueFlagged
    {
        get => isDueFlagged;
        set
        {
            isDueFlagged = value;
            signal.IsRaised |= value;
        }
    }

    /// <summary>Gets a value indicating whether a kernel timeout is in flight.</summary>
    public bool HasKernelTimeout => timeout.InFlight;

    /// <summary>Gets the time, in nanoseconds of the loop's clock.</summary>
    public long Now => ToNanoseconds(clock.GetTimestamp());

    /// <summary>Converts a span; one that is longer than a clock can count becomes the longest.</summary>
    public static long Nanoseconds(TimeSpan span) => span.Ticks > long.MaxValue / 100 ? long.MaxValue : span.Ticks * 100;

    /// <summary>Adds a timer, or moves it.</summary>
    public void Schedule(TimerNode node, long nanosecondsFromNow)
    {
        heap.Remove(node);
        long now = Now;
        node.Due = now + Math.Min(Math.Max(0, nanosecondsFromNow), long.MaxValue - now); // A time beyond the clock's end is its end, and not long ago.
        node.Order = ++started;
        heap.Add(node);
        if (node.HeapIndex == 0)
        {
            // A polling loop looks at the clock only when told to: its next turn arms the kernel's timeout for the new earliest.
            IsDueFlagged = true;
        }
    }

    /// <summary>Takes a timer out, if it is in.</summary>
    public void Remove(TimerNode node) => heap.Remove(node);

    /// <summary>Runs what is due. A timer that starts itself again waits for the next turn, however short its period.</summary>
    public int RunDue()
    {
        IsDueFlagged = false;
        if (heap.Count == 0)
        {
            return 0;
        }

        long now = Now;
        long last = started;
        int fired = 0;
        while (heap.Count != 0 && heap.Top.Due <= now)
        {
            if (heap.Top.Order > last)
            {
                IsDueFlagged = true; // Started by one of these, and due at once: its turn is the next, or a clock that stands still would keep us here for ever.
                break;
            }

            TimerNode node = heap.Top;
            heap.Remove(node);
            fired++;
            engine.Watch?.Note(TurnCallback.Timer, node, null);
            try
            {
                node.Fire();
            }
            catch (Exception e)
            {
                engine.ReportException(e, node);
            }

            engine.Scope.Restore();
        }

        return fired;
    }

    /// <summary>How long the loop may sleep, in nanoseconds; negative for ever.</summary>
    public long SleepLimit()
    {
        if (heap.Count == 0)
        {
            return -1;
        }

        if (!isKernelTime)
        {
            ArmForeignClock();
            return IsDueFlagged ? 0 : -1;
        }

        return Math.Max(0, heap.Top.Due - Now);
    }

    /// <summary>Makes sure that a completion will announce the earliest timer, for a loop that goes on polling.</summary>
    public void ArmForPolling()
    {
        if (heap.Count == 0)
        {
            return;
        }

        if (isKernelTime)
        {
            timeout.CoverUntil(heap.Top.Due);
        }
        else
        {
            ArmForeignClock();
        }
    }

    /// <summary>Ends what stands in the kernel for the timers, and tells those who wait.</summary>
    public void Stop()
    {
        timeout.Stop();
        foreignTimer?.Dispose();
        while (heap.Count != 0)
        {
            TimerNode node = heap.Top;
            heap.Remove(node);
            node.Abandon();
        }
    }

    private void ArmForeignClock()
    {
        // A clock that the user handed in (virtual time, say) announces itself through its own timer and the inbox.
        long due = heap.Top.Due;
        if (due == foreignDue)
        {
            return;
        }

        foreignDue = due;
        foreignTimer ??= clock.CreateTimer(
            static s =>
            {
                TimerQueue self = (TimerQueue)s!;
                self.engine.Posted.TryPost(static (q, _) => ((TimerQueue)q!).OnForeignTime(), self, 0);
            },
            this,
            Timeout.InfiniteTimeSpan,
            Timeout.InfiniteTimeSpan);

        // A clock that somebody advances may move between our looking at it and its starting the timer, which would then be late by as much, for ever perhaps. It was
        // right when the time is still the same; a clock that runs by itself is never, and a few rounds are close enough.
        for (int round = 0; round < 3; round++)
        {
            long now = Now;
            if (due <= now)
            {
                OnForeignTime();
                return;
            }

            foreignTimer.Change(TimeSpan.FromTicks((due - now + 99) / 100), Timeout.InfiniteTimeSpan);
            if (Now == now)
            {
                return;
            }
        }
    }

    private void OnForeignTime()
    {
        foreignDue = long.MaxValue;
        IsDueFlagged = true;
    }

    private long ToNanoseconds(long timestamp) =>
        clock.TimestampFrequency == 1_000_000_000 ? timestamp : (long)((Int128)timestamp * 1_000_000_000 / clock.TimestampFrequency);
}
