namespace Dispatch;

/// <summary>
/// A timer whose callback runs on the owner. Changing and disposing work from any thread; on a foreign one they take effect when the owner's inbox gets to them, and a disposed timer
/// does not call back after that, nor, on the owner, at all.
/// </summary>
internal sealed class LoopTimer(LoopEngine engine, TimerCallback callback, object? state) : TimerNode, ITimer, INamedCallback
{
    private readonly ExecutionContext? context = ExecutionContext.Capture();
    private readonly Lock sync = new();
    private long periodNanoseconds;
    private ITimer? successor;
    private volatile bool disposed;

    /// <inheritdoc/>
    (object? Target, object? State) INamedCallback.Callback => (callback, state);

    /// <inheritdoc/>
    public bool Change(TimeSpan dueTime, TimeSpan period)
    {
        long due = Nanoseconds(dueTime, nameof(dueTime));
        long repeat = Nanoseconds(period, nameof(period));
        if (disposed)
        {
            return false;
        }

        if (engine.IsOwner)
        {
            Apply(due, repeat);
            return true;
        }

        if (!engine.Posted.TryPost((_, _) => Apply(due, repeat), null, 0))
        {
            Succeed(due, repeat);
        }

        return true;
    }

    /// <inheritdoc/>
    public override void Fire()
    {
        if (disposed)
        {
            return;
        }

        if (periodNanoseconds > 0)
        {
            engine.Timers.Schedule(this, periodNanoseconds);
        }

        CallInContext();
    }

    /// <inheritdoc/>
    public override void Abandon() => Succeed(Math.Max(0, Due - engine.Timers.Now), periodNanoseconds);

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (sync)
        {
            disposed = true;
            successor?.Dispose();
        }

        if (engine.IsOwner)
        {
            engine.Timers.Remove(this);
        }
        else
        {
            engine.Posted.TryPost(static (s, _) => ((LoopTimer)s!).Leave(), this, 0);
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }

    private static long Nanoseconds(TimeSpan span, string name)
    {
        if (span == Timeout.InfiniteTimeSpan)
        {
            return -1;
        }

        ArgumentOutOfRangeException.ThrowIfLessThan(span, TimeSpan.Zero, name);
        return span.Ticks > long.MaxValue / 100 ? -1 : span.Ticks * 100;
    }

    private static TimeSpan Span(long nanoseconds) =>
        nanoseconds < 0 || nanoseconds / 1_000_000 > uint.MaxValue - 1 ? Timeout.InfiniteTimeSpan : TimeSpan.FromTicks((nanoseconds + 99) / 100);

    private void CallInContext()
    {
        if (context is null)
        {
            Call();
        }
        else
        {
            ExecutionContext.Run(context, static s => ((LoopTimer)s!).Call(), this);
        }
    }

    private void Call() => callback(state);

    private void Leave()
    {
        if (engine.IsOwner)
        {
            engine.Timers.Remove(this);
        }
    }

    /// <summary>The loop ends or has ended: a timer of the loop's clock goes on in its place, on the thread pool, because somebody may await it (a <c>Task.Delay</c>, say).</summary>
    private void Succeed(long due, long repeat)
    {
        lock (sync)
        {
            if (disposed)
            {
                return;
            }

            successor ??= (engine.Options.TimeProvider ?? engine.Ring.Clock).CreateTimer(static s => ((LoopTimer)s!).CallInContext(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            successor.Change(Span(due), repeat == 0 ? Timeout.InfiniteTimeSpan : Span(repeat));
        }
    }

    private void Apply(long due, long repeat)
    {
        if (!engine.IsOwner || engine.IsClosed)
        {
            Succeed(due, repeat);
            return;
        }

        periodNanoseconds = repeat;
        if (due < 0 || disposed)
        {
            engine.Timers.Remove(this);
        }
        else
        {
            engine.Timers.Schedule(this, due);
        }
    }
}
