namespace Dispatch;

/// <summary>
/// A timer whose callback runs on the owner. Changing and disposing work from any thread; on a foreign one they take effect when the owner's inbox gets to them, and a disposed timer
/// does not call back after that, nor, on the owner, at all.
/// </summary>
internal sealed class LoopTimer(LoopEngine engine, TimerCallback callback, object? state) : TimerNode, ITimer
{
    private readonly ExecutionContext? context = ExecutionContext.Capture();
    private long periodNanoseconds;
    private volatile bool disposed;

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

        return engine.Posted.TryPost((_, _) => Apply(due, repeat), null, 0);
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

        if (context is null)
        {
            callback(state);
        }
        else
        {
            ExecutionContext.Run(context, static s => ((LoopTimer)s!).Call(), this);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        disposed = true;
        if (engine.IsOwner)
        {
            engine.Timers.Remove(this);
        }
        else
        {
            engine.Posted.TryPost(static (s, _) => ((LoopTimer)s!).Dispose(), this, 0);
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

    private void Call() => callback(state);

    private void Apply(long due, long repeat)
    {
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
