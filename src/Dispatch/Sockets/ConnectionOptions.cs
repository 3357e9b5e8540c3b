namespace Dispatch;

/// <summary>The options of connections, accepted (<see cref="ListenerOptions.Connections"/>) or made. What is null stays as the system has it. <c>socket(7)</c>, <c>tcp(7)</c>.</summary>
public sealed class ConnectionOptions
{
    /// <summary>Gets or sets a value indicating whether small segments are sent at once (TCP_NODELAY). Default true. Unix-domain sockets never delay.</summary>
    public bool NoDelay { get; set; } = true;

    /// <summary>
    /// Gets or sets how many bytes a connection's <see cref="Connection.Output"/> may have flushed and not sent before a flush waits. Default 64 KiB. It goes on when half of them are left.
    /// (<see cref="Connection.SendAsync(ReadOnlyMemory{byte}, CancellationToken)"/> and its like send from memory of the caller's, and so always wait until the kernel has taken it.)
    /// </summary>
    public int SendHighWaterMark { get; set; } = 64 * 1024;

    /// <summary>
    /// Gets or sets how many bytes a connection may have received that nobody has read before its receiving pauses, so that the peer's window closes. Counted in whole receive buffers, however full they are, which it keeps from the
    /// loop's other connections for so long. Default null: the loop's <see cref="EventLoopOptions.ReceiveQuota"/>.
    /// </summary>
    public int? ReceiveHighWaterMark { get; set; }

    /// <summary>Gets or sets after how long a silence the system asks whether the peer is still there (SO_KEEPALIVE, TCP_KEEPIDLE); in whole seconds. Default null: never.</summary>
    public TimeSpan? KeepAliveTime { get; set; }

    /// <summary>Gets or sets how long it waits before it asks again (TCP_KEEPINTVL); in whole seconds.</summary>
    public TimeSpan? KeepAliveInterval { get; set; }

    /// <summary>Gets or sets how often it asks in vain before the connection counts as broken (TCP_KEEPCNT).</summary>
    public int? KeepAliveRetries { get; set; }

    /// <summary>Gets or sets how long a close waits for the peer to acknowledge what was sent (SO_LINGER); in whole seconds, 0 resets the connection. Default null: it does not wait, and the system goes on sending.</summary>
    public TimeSpan? Linger { get; set; }

    /// <summary>Gets or sets the size of the kernel's send buffer in bytes (SO_SNDBUF); the kernel doubles it.</summary>
    public int? SendBufferSize { get; set; }

    /// <summary>Gets or sets the size of the kernel's receive buffer in bytes (SO_RCVBUF); the kernel doubles it.</summary>
    public int? ReceiveBufferSize { get; set; }

    /// <summary>
    /// Gets or sets from how many bytes on a send of one block is made without copying (MSG_ZEROCOPY by <c>io_uring_prep_send_zc(3)</c>); 0, the default, for never. TCP on io_uring only, Linux 6.2; elsewhere it changes nothing.
    /// Such a send ends when the peer has acknowledged its bytes, for so long they are the kernel's, and cost per send is higher: 64 KiB and more are worth trying, on a network. A connection whose kernel reports that it has
    /// copied all the same (over loopback, or where the device cannot gather) goes back to ordinary sends by itself.
    /// </summary>
    public int ZeroCopyThreshold { get; set; }

    internal static ConnectionOptions Default { get; } = new();

    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(SendHighWaterMark, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(ReceiveHighWaterMark ?? 1, 1, nameof(ReceiveHighWaterMark));
        ArgumentOutOfRangeException.ThrowIfNegative(ZeroCopyThreshold);
    }
}
