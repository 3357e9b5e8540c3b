using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace Dispatch.AspNetCore;

/// <summary>The options of the transport. They mirror <see cref="SocketTransportOptions"/>; the loops have options of their own (<see cref="DispatcherOptions"/>, section <c>Dispatch</c> of the configuration).</summary>
public sealed class DispatchTransportOptions
{
    /// <summary>Gets or sets where the code of requests runs. Default <see cref="DispatchScheduling.Adaptive"/>.</summary>
    public DispatchScheduling Scheduling { get; set; } = DispatchScheduling.Adaptive;

    /// <summary>
    /// Gets or sets how long a request's code may keep its loop at a stretch, from its beginning or from behind an await to the next await that has to wait, before that counts as blocking.
    /// <see cref="DispatchScheduling.Adaptive"/> only. Default 20 ms.
    /// </summary>
    public TimeSpan BlockingThreshold { get; set; } = TimeSpan.FromMilliseconds(20);

    /// <summary>
    /// Gets or sets how often a connection may block its loop before it goes on on the thread pool; after 256 requests that did not block it (of a WebSocket: messages) it starts anew. <see cref="DispatchScheduling.Adaptive"/> only. Default 3.
    /// </summary>
    public int BlockingLimit { get; set; } = 3;

    /// <summary>Gets or sets a value indicating whether small segments are sent at once (TCP_NODELAY). Default true.</summary>
    public bool NoDelay { get; set; } = true;

    /// <summary>Gets or sets how many connections may wait to be accepted (capped by <c>net.core.somaxconn</c>). <c>listen(2)</c>. Default 512.</summary>
    public int Backlog { get; set; } = 512;

    /// <summary>
    /// Gets or sets how many bytes of a connection may have been received and not read before its receiving pauses, in whole receive buffers of the loop. Default null: the loops' <see cref="EventLoopOptions.ReceiveQuota"/>, 64 KiB
    /// unless it was changed. There is a limit in any case.
    /// </summary>
    public long? MaxReadBufferSize { get; set; }

    /// <summary>Gets or sets how many bytes of a connection may have been written and not sent before a write waits; null for no limit. Default 64 KiB.</summary>
    public long? MaxWriteBufferSize { get; set; } = 64 * 1024;

    /// <summary>Gets or sets what makes a bound listening socket of an end point. Default <see cref="SocketTransportOptions.CreateDefaultBoundListenSocket"/>.</summary>
    public Func<EndPoint, Socket> CreateBoundListenSocket { get; set; } = SocketTransportOptions.CreateDefaultBoundListenSocket;
}
