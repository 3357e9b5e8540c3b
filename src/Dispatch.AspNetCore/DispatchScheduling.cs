namespace Dispatch.AspNetCore;

/// <summary>Where the code of requests runs.</summary>
public enum DispatchScheduling
{
    /// <summary>
    /// On the connection's loop, as <see cref="Owner"/>; a connection whose code keeps blocking its loop, behind awaits as well, goes on on the thread pool for the rest of its life. The default.
    /// A request that is under way then and is its connection's first (a WebSocket, say) leaves with its next await, and what it has started with it; code that has to stay says so by <see cref="EventLoop.InvokeAsync(Func{Task})"/> or <see cref="EventLoop.SwitchTo"/>.
    /// </summary>
    Adaptive,

    /// <summary>On the connection's loop, and back there after every await. Code that blocks keeps the loop's other connections waiting.</summary>
    Owner,

    /// <summary>On the thread pool, as with the default transport; only the input and output are the loop's.</summary>
    ThreadPool,
}
