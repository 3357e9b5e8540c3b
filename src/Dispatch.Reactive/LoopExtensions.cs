using System.Runtime.CompilerServices;

namespace Dispatch.Reactive;

/// <summary>An event loop for System.Reactive.</summary>
public static class LoopExtensions
{
    private static readonly ConditionalWeakTable<EventLoop, LoopScheduler> Schedulers = [];

    /// <summary>Gets the loop's scheduler: always the same one for the same loop. Any thread.</summary>
    /// <param name="loop">The loop.</param>
    /// <returns>The scheduler.</returns>
    public static LoopScheduler AsScheduler(this EventLoop loop)
    {
        ArgumentNullException.ThrowIfNull(loop);
        return Schedulers.GetValue(loop, static l => new LoopScheduler(l));
    }
}
