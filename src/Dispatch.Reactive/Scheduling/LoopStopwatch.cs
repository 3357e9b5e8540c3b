using System.Reactive.Concurrency;

namespace Dispatch.Reactive;

/// <summary>Time that has passed by a loop's clock. Any thread.</summary>
internal sealed class LoopStopwatch(TimeProvider clock) : IStopwatch
{
    private readonly long begun = clock.GetTimestamp();

    /// <inheritdoc/>
    public TimeSpan Elapsed => clock.GetElapsedTime(begun);
}
