namespace Dispatch.Reactive;

/// <summary>What happens when items come faster than they are taken, and the queue between is full.</summary>
public enum OverflowMode
{
    /// <summary>The sequence ends with an <see cref="InvalidOperationException"/> that says so, after the items that were queued.</summary>
    Fail,

    /// <summary>The oldest item is dropped for the newest. For what may be dropped: ticks, prices, changes of one and the same thing.</summary>
    DropOldest,

    /// <summary>
    /// The source is paused until half of the queue is taken: nothing is lost. Only for the core's own streams (<see cref="Connection.Received"/> copied, <see cref="Listener.Accepts"/>), which go on for the next subscriber where the last one
    /// stopped.
    /// </summary>
    Pause,
}
