namespace Dispatch.Testing;

/// <summary>What stream and datagram sockets have in common: a family, an address, options.</summary>
internal abstract class SocketDescription(SimulatedKernel kernel, int family) : OpenDescription(kernel)
{
    private Dictionary<(int Level, int Option), byte[]>? options;

    /// <summary>Gets the address family.</summary>
    public int Family => family;

    /// <summary>Gets or sets the socket's own address, once it has one.</summary>
    public SimulatedAddress? Local { get; set; }

    /// <summary>Gets or sets the peer's address, once it has one.</summary>
    public SimulatedAddress? Remote { get; set; }

    /// <summary>Gets or sets a value indicating whether several sockets may listen at one address.</summary>
    public bool SharesAddress { get; set; }

    /// <summary>Gets or sets a value indicating whether an IPv6 socket takes no IPv4.</summary>
    public bool OnlyV6 { get; set; }

    /// <summary>Gets or sets a value indicating whether closing breaks the connection.</summary>
    public bool Lingers { get; set; }

    /// <summary>Gets what its address is found by: streams and datagrams have ports of their own.</summary>
    public string? Key => Local is null ? null : Kind[0] + Local.Key;

    /// <inheritdoc/>
    public override int Read(Span<byte> destination, long offset, uint flags) => Receive(destination, 0);

    /// <inheritdoc/>
    public override int Write(ReadOnlySpan<byte> source, long offset, uint flags) => Send(source, 0);

    /// <summary>Keeps an option. <c>setsockopt(2)</c>.</summary>
    public void SetOption(int level, int option, ReadOnlySpan<byte> value) => (options ??= [])[(level, option)] = value.ToArray();

    /// <summary>Tells an option that was set; another one is 0. <c>getsockopt(2)</c>. Returns the number of bytes.</summary>
    public int GetOption(int level, int option, Span<byte> value)
    {
        value.Clear();
        if (options is null || !options.TryGetValue((level, option), out byte[]? kept))
        {
            return Math.Min(value.Length, sizeof(int));
        }

        int length = Math.Min(value.Length, kept.Length);
        kept.AsSpan(0, length).CopyTo(value);
        return length;
    }

    /// <summary>Binds. <c>bind(2)</c>.</summary>
    public int Bind(ReadOnlySpan<byte> raw)
    {
        SimulatedAddress address = new(raw);
        if (Local is not null || address.Family != family)
        {
            return Local is not null ? -Errno.EINVAL : -Errno.EAFNOSUPPORT;
        }

        if (address.IsIp && address.Port == 0)
        {
            address = address.WithPort(Kernel.Network.NextPort());
        }

        Local = address;
        int result = Kernel.Network.Bind(this);
        if (result < 0)
        {
            Local = null;
        }

        return result;
    }

    /// <summary>Receives. <c>recv(2)</c>.</summary>
    public int Receive(Span<byte> destination, MessageFlags flags) => Receive(destination, flags, out _);

    /// <summary>Receives, and says from whom. <c>recvmsg(2)</c>.</summary>
    public abstract int Receive(Span<byte> destination, MessageFlags flags, out MessageOrigin origin);

    /// <summary>Sends. <c>send(2)</c>.</summary>
    public int Send(ReadOnlySpan<byte> source, MessageFlags flags) => Send(source, flags, to: null);

    /// <summary>Sends to an address, or without one to the peer. <c>sendmsg(2)</c>.</summary>
    public abstract int Send(ReadOnlySpan<byte> source, MessageFlags flags, SimulatedAddress? to);

    /// <summary>Connects. <c>connect(2)</c>. When it has to wait, for room at the listener.</summary>
    public abstract int Connect(SimulatedAddress address, out OpenDescription? waitsFor);

    /// <summary>Finishes one half or both. <c>shutdown(2)</c>.</summary>
    public abstract int Shutdown(int how);
}
