namespace Dispatch.AspNetCore;

/// <summary>Where the code of requests runs.</summary>
public enum DispatchScheduling
{
    /// <summary>On the connection's loop, as <see cref="Owner"/>; a connection that keeps blocking its loop goes on, for the rest of its life, on the thread pool. The default.</summary>
    Adaptive,

    /// <summary>On the connection's loop, and back there after every await. Code that blocks keeps the loop's other connections waiting.</summary>
    Owner,

    /// <summary>On the thread pool, as with the default transport; only the input and output are the loop's.</summary>
    ThreadPool,
}
