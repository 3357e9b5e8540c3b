namespace Dispatch.Reactive;

/// <summary>Operators that move a sequence to a loop's thread.</summary>
public static class LoopObservable
{
    /// <summary>
    /// Delivers a sequence on a loop's thread, in order: items, then the end. Nothing is allocated an item, and a burst wakes the loop once, however many items it has.
    /// </summary>
    /// <remarks>
    /// <para><b>Thread.</b> The source may call from any thread, one call at a time, as Rx has it. The observer is called on the owner, in a later turn than the source's call, also when that comes on the owner itself: passing it straight through
    /// would overtake what is still queued from before, would have an observer called inside its own <c>OnNext</c> when it feeds its source, and would leave a fast source unbounded by the turn's budget. On the owner the way is a local queue:
    /// no lock, no wake-up. The subscriptions of a loop take turns in small batches, and share <see cref="EventLoopOptions.InboxBudget"/> a turn.</para>
    /// <para><b>Ending.</b> An error or a completion comes after the items before it. Disposing stops the delivery at once: on the owner nothing comes after it, from elsewhere an <c>OnNext</c> that runs may finish.
    /// What was queued is let go of.</para>
    /// <para><b>Errors.</b> An observer that throws ends its subscription, and the exception goes to <see cref="EventLoopOptions.UnhandledException"/>. When the loop stops, what is queued by then is delivered, and the observer is told with an
    /// <see cref="ObjectDisposedException"/>; of a loop that has stopped already it hears with the first item, on the thread that brings it, because there is no other.</para>
    /// <para><b>Backpressure.</b> Without a capacity the queue grows as far as the source is ahead of the observer, and what is left of it after a burst has room for 9,216 items at most. The overload with a capacity bounds it.</para>
    /// </remarks>
    /// <typeparam name="T">The type of an item.</typeparam>
    /// <param name="source">The sequence.</param>
    /// <param name="loop">The loop.</param>
    /// <returns>The sequence on the loop.</returns>
    public static IObservable<T> ObserveOn<T>(this IObservable<T> source, EventLoop loop)
    {
        ArgumentNullException.ThrowIfNull(source);
        return new ObserveOnObservable<T>(source, loop.AsScheduler(), null, OverflowMode.Fail);
    }

    /// <summary>Delivers a sequence on a loop's thread, with a bound on what may be under way; see <see cref="ObserveOn{T}(IObservable{T}, EventLoop)"/>.</summary>
    /// <typeparam name="T">The type of an item.</typeparam>
    /// <param name="source">The sequence.</param>
    /// <param name="loop">The loop.</param>
    /// <param name="capacity">How many items may wait for the observer; 1 or more. Memory for as many is allocated when it is subscribed to.</param>
    /// <param name="overflow">What happens to the next item: <see cref="OverflowMode.Fail"/> or <see cref="OverflowMode.DropOldest"/>.</param>
    /// <returns>The sequence on the loop.</returns>
    /// <exception cref="ArgumentException">The mode is <see cref="OverflowMode.Pause"/>: a source that may come from any thread cannot be paused.</exception>
    public static IObservable<T> ObserveOn<T>(this IObservable<T> source, EventLoop loop, int capacity, OverflowMode overflow)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        if (overflow is not (OverflowMode.Fail or OverflowMode.DropOldest))
        {
            throw new ArgumentException("ObserveOn cannot pause its source. Use OverflowMode.Fail or OverflowMode.DropOldest; ToAsyncEnumerable can pause the core's streams.", nameof(overflow));
        }

        return new ObserveOnObservable<T>(source, loop.AsScheduler(), capacity, overflow);
    }

    /// <summary>
    /// Subscribes to a sequence on a loop's thread, and lets go of it there. For sources that belong to the loop, or that begin to work when they are subscribed to. Where the items come is the source's affair:
    /// <see cref="ObserveOn{T}(IObservable{T}, EventLoop)"/> decides that.
    /// </summary>
    /// <remarks>
    /// <para><b>Thread.</b> Subscribe and Dispose work from any thread. The source is subscribed to in a later turn of the loop, also when the call comes on the owner; it is let go of at once on the owner, and by a message from elsewhere.</para>
    /// <para><b>Ending.</b> As the source's. After a disposal nothing is delivered, also when the source has not been told yet.</para>
    /// <para><b>Errors.</b> What subscribing throws comes as <c>OnError</c>. Subscribing on a loop that has stopped throws <see cref="ObjectDisposedException"/>; one that stops before it gets to it brings that as <c>OnError</c>.</para>
    /// <para><b>Backpressure.</b> Items pass straight through: nothing is queued.</para>
    /// </remarks>
    /// <typeparam name="T">The type of an item.</typeparam>
    /// <param name="source">The sequence.</param>
    /// <param name="loop">The loop.</param>
    /// <returns>The sequence, subscribed to on the loop.</returns>
    public static IObservable<T> SubscribeOn<T>(this IObservable<T> source, EventLoop loop)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(loop);
        return new SubscribeOnObservable<T>(source, loop.Engine);
    }
}
