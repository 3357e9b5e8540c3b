namespace Dispatch.AspNetCore;

/// <summary>Where the code of requests runs.</summary>
public enum DispatchScheduling
{
    /// <summary>On the connection's loop, as <see cref="Owner"/>; a connection whose code keeps blocking its loop, behind awaits as well, goes on on the thread pool for the rest of its life. A request that is under way then (a WebSocket, say) leaves with one of its next awaits. The default.</summary>
    Adaptive,

    /// <summary>On the connection's loop, and back there after every await. Code that blocks keeps the loop's other connections waiting.</summary>
    Owner,

    /// <summary>On the thread pool, as with the default transport; only the input and output are the loop's.</summary>
    ThreadPool,
}
