using System.Runtime.CompilerServices;

namespace Dispatch.Reactive;

/// <summary>Bridges between sequences that push and sequences that are asked.</summary>
public static class AsyncBridge
{
    private const int DefaultCapacity = 256;

    /// <summary>
    /// Makes a sequence one that is asked for its items, with up to 256 of them waiting: one of the core's streams is paused while nobody asks, so that nothing is lost; another source fails the enumeration when it is that far ahead.
    /// See <see cref="ToAsyncEnumerable{T}(IObservable{T}, int, OverflowMode)"/>.
    /// </summary>
    /// <typeparam name="T">The type of an item.</typeparam>
    /// <param name="source">The sequence.</param>
    /// <returns>The same, to be enumerated.</returns>
    public static IAsyncEnumerable<T> ToAsyncEnumerable<T>(this IObservable<T> source)
    {
        ArgumentNullException.ThrowIfNull(source);
        return ToAsyncEnumerable(source, DefaultCapacity, Pausing.EngineOf(source) is null ? OverflowMode.Fail : OverflowMode.Pause);
    }

    /// <summary>Makes a sequence one that is asked for its items, with a bound on how many wait.</summary>
    /// <remarks>
    /// <para><b>Thread.</b> Each enumeration subscribes once, when its first item is asked for. The source may bring items on any thread, one at a time; the enumeration goes on where its awaits go on: code on a loop stays there. One enumerator is used
    /// by one caller at a time, as always.</para>
    /// <para><b>Ending.</b> The items before an error or a completion come first. Leaving the enumeration, or cancelling its token, lets go of the source; items that wait by then are let go of too, so bytes should come as
    /// <see cref="CopiedBytes"/>, which may be forgotten.</para>
    /// <para><b>Errors.</b> The source's are thrown by the enumeration, as is what subscribing throws. Cancelling throws <see cref="OperationCanceledException"/>. A loop that stops while its stream is paused makes an
    /// <see cref="ObjectDisposedException"/>.</para>
    /// <para><b>Backpressure.</b> As the mode says.</para>
    /// </remarks>
    /// <typeparam name="T">The type of an item. Not one that is valid during <c>OnNext</c> only: put <c>Copied()</c> before.</typeparam>
    /// <param name="source">The sequence.</param>
    /// <param name="capacity">How many items may wait; 1 or more.</param>
    /// <param name="overflow">What happens when they do.</param>
    /// <returns>The same, to be enumerated.</returns>
    /// <exception cref="ArgumentException">The mode is <see cref="OverflowMode.Pause"/> and the source cannot be paused, or the items end with <c>OnNext</c>.</exception>
    public static IAsyncEnumerable<T> ToAsyncEnumerable<T>(this IObservable<T> source, int capacity, OverflowMode overflow)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        if (overflow is not (OverflowMode.Fail or OverflowMode.DropOldest or OverflowMode.Pause))
        {
            throw new ArgumentOutOfRangeException(nameof(overflow), overflow, "The mode is Fail, DropOldest or Pause.");
        }

        if (typeof(T) == typeof(BufferLease) || typeof(T) == typeof(Frame))
        {
            throw new ArgumentException($"A {typeof(T).Name} is valid during OnNext only, and an enumeration takes it later. Put Copied() before ToAsyncEnumerable.", nameof(source));
        }

        if (overflow == OverflowMode.Pause && Pausing.EngineOf(source) is null)
        {
            throw new ArgumentException(
                "This source cannot be paused: only the core's own streams can, directly or behind Copied(), because their next subscriber goes on where the last one stopped. Use OverflowMode.Fail or OverflowMode.DropOldest.",
                nameof(source));
        }

        return EnumerateAsync(source, capacity, overflow);
    }

    /// <summary>
    /// Makes an asynchronous sequence an observable whose items come on a loop's thread. Every subscriber enumerates it anew.
    /// </summary>
    /// <remarks>
    /// <para><b>Thread.</b> Subscribe and Dispose work from any thread. The source is enumerated on the loop, beginning in a later turn, and its awaits come back there. One that always has its next item lets the loop's other work in between, every
    /// <see cref="EventLoopOptions.InboxBudget"/> items.</para>
    /// <para><b>Ending.</b> With the source. Disposing cancels the token that the source was given, disposes the enumerator when its call has ended, and nothing is delivered after it.</para>
    /// <para><b>Errors.</b> What the source throws comes as <c>OnError</c>. An observer that throws ends its subscription, and the exception goes to <see cref="EventLoopOptions.UnhandledException"/>. Subscribing on a loop that has stopped throws
    /// <see cref="ObjectDisposedException"/>; one that stops later ends the sequence with that.</para>
    /// <para><b>Backpressure.</b> The source is asked for the next item when the observer has returned: nothing is queued.</para>
    /// </remarks>
    /// <typeparam name="T">The type of an item.</typeparam>
    /// <param name="source">The sequence.</param>
    /// <param name="loop">The loop.</param>
    /// <returns>The observable.</returns>
    public static IObservable<T> ToObservable<T>(this IAsyncEnumerable<T> source, EventLoop loop)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(loop);
        return new AsyncObservable<T>(source, loop.Engine);
    }

    private static async IAsyncEnumerable<T> EnumerateAsync<T>(IObservable<T> source, int capacity, OverflowMode overflow, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using AsyncReceiver<T> receiver = new(source, capacity, overflow);
        receiver.Start();
        while (await receiver.WaitAsync(cancellationToken))
        {
            while (receiver.TryTake(out T item))
            {
                cancellationToken.ThrowIfCancellationRequested();
                yield return item;
            }
        }
    }
}
