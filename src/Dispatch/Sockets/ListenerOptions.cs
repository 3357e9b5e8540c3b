namespace Dispatch;

/// <summary>The options of a listening socket.</summary>
public sealed class ListenerOptions
{
    /// <summary>Gets or sets how many connections may wait to be accepted (capped by <c>net.core.somaxconn</c>). <c>listen(2)</c>. Default 1,024.</summary>
    public int Backlog { get; set; } = 1024;

    /// <summary>Gets or sets the options of the accepted connections.</summary>
    public ConnectionOptions Connections { get; set; } = new();

    /// <summary>Gets or sets a value indicating whether accepted connections send small segments at once: <see cref="ConnectionOptions.NoDelay"/> of <see cref="Connections"/>. Default true.</summary>
    public bool NoDelay
    {
        get => Connections.NoDelay;
        set => Connections.NoDelay = value;
    }

    /// <summary>Gets or sets a value indicating whether an IPv6 listener accepts IPv4 connections too. Default true.</summary>
    public bool DualMode { get; set; } = true;

    /// <summary>
    /// Gets or sets a value indicating whether other listeners may share the address, each with a part of the connections (SO_REUSEPORT, <c>socket(7)</c>): one a loop, for loops that you drive
    /// yourself. All of them have to ask for it. Default false; <see cref="Dispatcher.Serve"/> asks by itself where it needs it.
    /// </summary>
    public bool ReusePort { get; set; }

    /// <summary>Gets or sets how connections reach the loops of a dispatcher. Default <see cref="AcceptDistribution.PortPerLoop"/>.</summary>
    public AcceptDistribution Distribution { get; set; } = AcceptDistribution.PortPerLoop;

    /// <summary>Gets or sets how many accepted connections may wait for a taker before accepting pauses. Default 256.</summary>
    public int AcceptQuota { get; set; } = 256;
}
