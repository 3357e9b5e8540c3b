using System.Reactive.Disposables;

namespace Dispatch.Reactive;

/// <summary>An action that runs again and again. Its due times are counted from its start and not from its last run, so that it does not drift; it is among the timers only while it does not run, so that it does not overlap.</summary>
/// <typeparam name="TState">The type of what one run leaves to the next.</typeparam>
internal sealed class PeriodicItem<TState>(LoopScheduler scheduler, TState state, long periodNanoseconds, Func<TState, TState> action) : ScheduledItem(scheduler)
{
    private TState current = state;
    private long nextDue;

    /// <summary>Has it run for the first time a period from now on. Throws when the loop has stopped.</summary>
    public void Start()
    {
        nextDue = Engine.Timers.Now;
        Advance();
        Start(periodNanoseconds);
    }

    /// <inheritdoc/>
    public override void Fire()
    {
        if (IsDisposed)
        {
            return;
        }

        Invoke();
        if (!IsDisposed)
        {
            Advance();
            Arm(Math.Max(0, nextDue - Engine.Timers.Now));
        }
    }

    /// <inheritdoc/>
    protected override IDisposable Invoke()
    {
        current = action(current);
        return Disposable.Empty;
    }

    private void Advance() => nextDue += Math.Min(periodNanoseconds, long.MaxValue - nextDue);
}
