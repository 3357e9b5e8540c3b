namespace Dispatch.Examples.Echo;

/// <summary>What a polled server knows about a connection. It lives in an array, at the index of its descriptor.</summary>
internal struct PollPeer
{
    /// <summary>Whether there is such a connection.</summary>
    public bool IsOpen;

    /// <summary>Whether its receive is in flight.</summary>
    public bool IsReceiving;

    /// <summary>Whether its receive waits for a buffer.</summary>
    public bool IsStarved;

    /// <summary>Whether the first buffer of its queue is being sent.</summary>
    public bool IsSending;

    /// <summary>Whether its shutdown is in flight.</summary>
    public bool IsShuttingDown;

    /// <summary>Whether nothing more will be received: the peer has finished, or the connection broke.</summary>
    public bool IsFinished;

    /// <summary>Whether the connection broke, so that nothing more can be sent.</summary>
    public bool IsBroken;

    /// <summary>What was received and is not yet sent, in order.</summary>
    public BufferQueue Unsent;
}
