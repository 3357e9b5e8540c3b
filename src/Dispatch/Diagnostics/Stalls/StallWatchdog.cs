using System.Runtime.ExceptionServices;

namespace Dispatch;

/// <summary>
/// One thread that looks at the loops of a dispatcher, twice in every threshold: at turns that have gone on for too long, and at those that had when they ended. It takes no lock of the loops' and is waited for by nobody; it ends when the last loop
/// has, and a loop that never ends keeps nothing but this thread, which is a background thread.
/// </summary>
internal sealed class StallWatchdog
{
    private const int Kept = 32;

    /// <summary>For how long, in nanoseconds, a report waits for the stack of a thread that waits: the first one of a process takes its time.</summary>
    private const long LongestForStack = 5_000_000_000;

    private readonly Watched[] loops;
    private readonly TimeSpan period;
    private readonly Action<LoopStall>? detected;
    private readonly ManualResetEventSlim stopping = new();
    private readonly Lock sync = new();
    private readonly LinkedList<LoopStall> recent = new();

    private StallWatchdog(IEnumerable<EventLoop> loops, TimeSpan threshold, Action<LoopStall>? detected)
    {
        this.loops = [.. loops.Select(l => new Watched(l, l.Engine.Watch!))];
        this.detected = detected;
        Thread = new Thread(Run) { IsBackground = true, Name = "dispatch-watchdog" };
        period = TimeSpan.FromMilliseconds(Math.Max(1, threshold.TotalMilliseconds / 2));
    }

    /// <summary>Gets the thread.</summary>
    public Thread Thread { get; }

    /// <summary>Gets the last stalls, newest first. Any thread.</summary>
    public IReadOnlyList<LoopStall> Recent
    {
        get
        {
            lock (sync)
            {
                return [.. recent];
            }
        }
    }

    /// <summary>Starts it, where the options that the loops were made with ask for it.</summary>
    public static StallWatchdog? Start(IReadOnlyList<EventLoop> loops, EventLoopOptions options)
    {
        if (options.StallThreshold is not { } threshold)
        {
            return null;
        }

        StallWatchdog watchdog = new(loops, threshold, options.StallDetected);
        foreach (EventLoop loop in loops)
        {
            loop.Watchdog = watchdog;
        }

        watchdog.Thread.UnsafeStart();
        Task.WhenAll(loops.Select(l => l.Completed)).ContinueWith(static (_, s) => ((StallWatchdog)s!).stopping.Set(), watchdog, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        return watchdog;
    }

    private static TimeSpan Span(long nanoseconds) => TimeSpan.FromTicks(nanoseconds / 100);

    private static LoopStall Describe(Watched watched, in RunningTurn running, long now)
    {
        watched.Watch.CountStall();
        TimeSpan elapsed = Span(now - running.Began);
        return new LoopStall
        {
            Loop = watched.Loop,
            Began = DateTimeOffset.UtcNow - elapsed,
            Elapsed = elapsed,
            HasEnded = false,
            Kind = running.Current.KindName,
            Callback = CallbackName.Of(running.Current),
            Callbacks = running.Callbacks,
            WaitsAt = running.WaitsAt,
            KernelState = KernelStackText.Of(watched.Watch.ThreadNumber),
        };
    }

    /// <summary>It has ended before anybody looked. Of several callbacks nobody knows any more which one took the time.</summary>
    private static LoopStall Describe(Watched watched, EndedTurn ended)
    {
        watched.Watch.CountStall();
        return new LoopStall
        {
            Loop = watched.Loop,
            Began = DateTimeOffset.UtcNow - Span(NanosecondClock.Real - ended.Began),
            Elapsed = default,
            HasEnded = true,
            Kind = ended.Last.KindName,
            Callback = ended.Callbacks == 1 ? CallbackName.Of(ended.Last) : null,
            Callbacks = ended.Callbacks,
        };
    }

    private static void Tell(LoopStall stall)
    {
        if (!DispatchEventSource.Log.IsEnabled())
        {
            return;
        }

        string callback = stall.Callback ?? string.Empty;
        if (stall.HasEnded)
        {
            DispatchEventSource.Log.StallEnded(stall.Loop.Name, stall.Kind, callback, stall.Elapsed.TotalMilliseconds);
        }
        else
        {
            DispatchEventSource.Log.Stalled(stall.Loop.Name, stall.Kind, callback, stall.Elapsed.TotalMilliseconds, stall.WaitsAt ?? string.Empty, stall.KernelState ?? string.Empty);
        }
    }

    private void Run()
    {
        bool isLast;
        do
        {
            isLast = stopping.Wait(period);
            foreach (Watched watched in loops)
            {
                Look(watched);
            }
        }
        while (!isLast);
    }

    private void Look(Watched watched)
    {
        TurnWatch watch = watched.Watch;
        while (watch.Ended.TryDequeue(out EndedTurn? ended))
        {
            LoopStall stall = ended.Number == watched.OpenTurn ? watched.Open! : Describe(watched, ended);
            Report(watched, stall with { Elapsed = Span(ended.Ended - ended.Began), Callbacks = ended.Callbacks, HasEnded = true });
            watched.Open = null;
            watched.OpenTurn = 0;
        }

        long now = NanosecondClock.Real;
        if (watch.ReadLong(now) is { } running && running.Number != watched.OpenTurn && (!watch.IsTakingStack || now - running.Began > LongestForStack))
        {
            watched.OpenTurn = running.Number;
            watched.Open = Describe(watched, running, now);
            Report(watched, watched.Open);
        }
    }

    private void Report(Watched watched, LoopStall stall)
    {
        lock (sync)
        {
            if (watched.Open is { } open && stall.HasEnded)
            {
                recent.Remove(open);
            }

            recent.AddFirst(stall);
            if (recent.Count > Kept)
            {
                recent.RemoveLast();
            }
        }

        Tell(stall);
        try
        {
            detected?.Invoke(stall);
        }
        catch (Exception e)
        {
            // User code like any other: its loop's policy has it, when that loop runs again; or here, when it never does.
            if (!watched.Loop.Engine.Posted.TryPost(static (s, _) => ExceptionDispatchInfo.Throw((Exception)s!), e, 0))
            {
                LoopFaults.Handle(watched.Loop.Engine, e, stall);
            }
        }
    }

    private sealed class Watched(EventLoop loop, TurnWatch watch)
    {
        public EventLoop Loop => loop;

        public TurnWatch Watch => watch;

        /// <summary>Gets or sets the turn whose stall was reported and has not ended, as far as is known; 0 for none.</summary>
        public long OpenTurn { get; set; }

        /// <summary>Gets or sets that report.</summary>
        public LoopStall? Open { get; set; }
    }
}
