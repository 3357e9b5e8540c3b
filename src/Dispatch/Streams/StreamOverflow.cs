namespace Dispatch;

/// <summary>What a stream does with an item for which its reader has no room: the reader is behind by <see cref="StreamOptions.Capacity"/> items.</summary>
public enum StreamOverflow
{
    /// <summary>The source pauses, and goes on when there is room again: nothing is lost. What it brings then waits where it comes from, in the kernel or with the sender.</summary>
    Pause,

    /// <summary>The stream ends with a <see cref="StreamOverflowException"/>, after what fitted was read.</summary>
    Fail,

    /// <summary>The oldest item gives way, and is counted in <see cref="LoopStream{T}.Dropped"/>. For what may be dropped: ticks and changes; streams of data refuse it.</summary>
    DropOldest,
}
