using System.Reactive.Concurrency;

namespace Dispatch.Reactive;

/// <summary>
/// An event loop as a scheduler of System.Reactive. What is scheduled runs on the loop's thread, in a turn of its own and never inside the call that scheduled it; due times are the loop's timers, so they
/// obey whatever clock the loop has, virtual time included. One a loop: <see cref="LoopExtensions.AsScheduler"/>.
/// </summary>
/// <remarks>
/// <para><b>Thread.</b> All members work from any thread. On the owner an immediate action goes into the loop's local queue: no lock, no wake-up, no system call; from elsewhere it takes the loop's inbox, which wakes the loop
/// if it sleeps. Actions scheduled by one thread run in the order in which it scheduled them. The execution context does not flow along, as with every scheduler of System.Reactive that has a thread of its own.</para>
/// <para><b>Turns.</b> An action that schedules another has it run in a later turn. So <c>Observable.Range(0, 1_000_000, scheduler)</c> neither overflows the stack nor keeps the loop's completions and timers waiting:
/// <see cref="EventLoopOptions.InboxBudget"/> bounds what a turn runs. For the same reason it is no <see cref="ISchedulerLongRunning"/>: an action that ran for ever would stop everything else that lives on the loop.</para>
/// <para><b>Cancelling.</b> Disposing what a Schedule method returned works from any thread. On the owner the action does not run after it; from elsewhere one that has just begun may finish.</para>
/// <para><b>Errors.</b> What an action throws goes to <see cref="EventLoopOptions.UnhandledException"/>; a periodic action that throws ends. Nobody else on the loop is hurt.</para>
/// <para><b>The loop's end.</b> What has not run when the loop ends is abandoned, and what its last turns still schedule is too, so that a query that always schedules its next step does not keep the loop from ending. On a loop that has
/// stopped the Schedule methods throw <see cref="ObjectDisposedException"/>.</para>
/// </remarks>
public sealed class LoopScheduler : LocalScheduler, ISchedulerPeriodic, IStopwatchProvider
{
    private readonly LoopEngine engine;

    internal LoopScheduler(EventLoop loop)
    {
        Loop = loop;
        engine = loop.Engine;
        Drains = new DrainQueue(engine);
    }

    /// <summary>Gets the loop.</summary>
    public EventLoop Loop { get; }

    /// <summary>Gets the time by the loop's clock, <see cref="EventLoop.TimeProvider"/>. Any thread.</summary>
    public override DateTimeOffset Now => Loop.TimeProvider.GetUtcNow();

    /// <summary>Gets what ObserveOn's subscriptions of this loop take turns in.</summary>
    internal DrainQueue Drains { get; }

    /// <summary>Runs an action in a later turn of the loop. Any thread.</summary>
    /// <typeparam name="TState">The type of the state.</typeparam>
    /// <param name="state">What the action is given.</param>
    /// <param name="action">The action. What it returns is disposed with what this method returns.</param>
    /// <returns>Dispose it to cancel, from any thread.</returns>
    /// <exception cref="ObjectDisposedException">The loop has stopped.</exception>
    public override IDisposable Schedule<TState>(TState state, Func<IScheduler, TState, IDisposable> action)
    {
        ArgumentNullException.ThrowIfNull(action);
        ScheduledAction<TState> item = new(this, state, action);
        item.Queue();
        return item;
    }

    /// <summary>Runs an action when a span of time has passed by the loop's clock. Any thread.</summary>
    /// <typeparam name="TState">The type of the state.</typeparam>
    /// <param name="state">What the action is given.</param>
    /// <param name="dueTime">The time from now on; zero or less is the next turn.</param>
    /// <param name="action">The action. What it returns is disposed with what this method returns.</param>
    /// <returns>Dispose it to cancel, from any thread.</returns>
    /// <exception cref="ObjectDisposedException">The loop has stopped.</exception>
    public override IDisposable Schedule<TState>(TState state, TimeSpan dueTime, Func<IScheduler, TState, IDisposable> action)
    {
        if (dueTime <= TimeSpan.Zero)
        {
            return Schedule(state, action);
        }

        ArgumentNullException.ThrowIfNull(action);
        ScheduledAction<TState> item = new(this, state, action);
        item.Start(TimerQueue.Nanoseconds(dueTime));
        return item;
    }

    /// <summary>
    /// Runs an action at a time of the loop's clock. The wait is measured once, here: a system clock that is set afterwards does not move it. Any thread.
    /// </summary>
    /// <typeparam name="TState">The type of the state.</typeparam>
    /// <param name="state">What the action is given.</param>
    /// <param name="dueTime">The time; one that has passed is the next turn.</param>
    /// <param name="action">The action. What it returns is disposed with what this method returns.</param>
    /// <returns>Dispose it to cancel, from any thread.</returns>
    /// <exception cref="ObjectDisposedException">The loop has stopped.</exception>
    public override IDisposable Schedule<TState>(TState state, DateTimeOffset dueTime, Func<IScheduler, TState, IDisposable> action) => Schedule(state, dueTime - Now, action);

    /// <summary>
    /// Runs an action again and again. The nth time is due n periods after this call, however long the action takes or the loop was busy: it does not drift. It does not overlap either: a time that is missed is made up for, one a turn.
    /// Any thread.
    /// </summary>
    /// <typeparam name="TState">The type of the state.</typeparam>
    /// <param name="state">What the action is given the first time.</param>
    /// <param name="period">The period; zero is once a turn, which keeps the loop from sleeping.</param>
    /// <param name="action">The action. What it returns it is given the next time.</param>
    /// <returns>Dispose it to end, from any thread.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The period is negative.</exception>
    /// <exception cref="ObjectDisposedException">The loop has stopped.</exception>
    public IDisposable SchedulePeriodic<TState>(TState state, TimeSpan period, Func<TState, TState> action)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(period, TimeSpan.Zero);
        ArgumentNullException.ThrowIfNull(action);
        PeriodicItem<TState> item = new(this, state, TimerQueue.Nanoseconds(period), action);
        item.Start();
        return item;
    }

    /// <summary>Starts a stopwatch on the loop's clock. Any thread.</summary>
    /// <returns>The stopwatch.</returns>
    public override IStopwatch StartStopwatch() => new LoopStopwatch(Loop.TimeProvider);

    /// <inheritdoc/>
    public override string ToString() => $"LoopScheduler of {Loop.Name}";
}
