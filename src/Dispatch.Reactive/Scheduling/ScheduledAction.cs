using System.Reactive.Concurrency;

namespace Dispatch.Reactive;

/// <summary>An action with its state.</summary>
/// <typeparam name="TState">The type of the state.</typeparam>
internal sealed class ScheduledAction<TState>(LoopScheduler scheduler, TState state, Func<IScheduler, TState, IDisposable> action) : ScheduledItem(scheduler)
{
    /// <inheritdoc/>
    protected override IDisposable Invoke() => action(Scheduler, state);
}
