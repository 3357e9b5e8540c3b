namespace Dispatch;

/// <summary>What <see cref="IoRequest.Lock"/> and <see cref="IoRequest.LockRange"/> do. <c>flock(2)</c>, <c>fcntl_locking(2)</c>.</summary>
public enum FileLock
{
    /// <summary>Takes a lock that others may have at the same time.</summary>
    Shared,

    /// <summary>Takes a lock that nobody else may have at the same time.</summary>
    Exclusive,

    /// <summary>Gives the lock back.</summary>
    Unlock,
}
