namespace Dispatch;

/// <summary>A receive that waits for a buffer to come back.</summary>
internal interface IBufferWaiter
{
    /// <summary>Gets how many buffers had ever been provided when it asked the kernel last.</summary>
    long ArmedAt { get; }

    /// <summary>A buffer is there. Returns false when the waiter has no use for it any more; it goes to the next one.</summary>
    bool OnBufferAvailable();

    /// <summary>The loop ends: no buffer will come back any more.</summary>
    void OnNoMoreBuffers();
}
