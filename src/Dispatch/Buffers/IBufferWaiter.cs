namespace Dispatch;

/// <summary>A receive that waits for a buffer to come back.</summary>
internal interface IBufferWaiter
{
    /// <summary>A buffer is there. Returns false when the waiter has no use for it any more; it goes to the next one.</summary>
    bool OnBufferAvailable();
}
