namespace Dispatch.Testing;

/// <summary>
/// A datagram socket: whole messages, in order on this machine. An IP datagram is lost when the receiver has no room; a Unix-domain sender waits for room. <c>udp(7)</c>, <c>unix(7)</c>.
/// </summary>
internal sealed class DatagramSocket(SimulatedKernel kernel, int family) : SocketDescription(kernel, family)
{
    private const int LargestBytes = 65_507;

    /// <summary>As many as Linux lets wait at a Unix-domain socket: <c>net.unix.max_dgram_qlen</c>, and one.</summary>
    private const int MostWaiting = 11;

    private readonly Queue<(byte[] Data, SimulatedAddress? From)> queue = new();
    private readonly List<DatagramSocket> blocked = [];
    private int queued;
    private int error;

    /// <inheritdoc/>
    public override string Kind => "datagram socket";

    /// <inheritdoc/>
    public override PollEvents Readiness => (queue.Count != 0 || error != 0 ? PollEvents.Readable : 0) | (CanSend ? PollEvents.Writable : 0) | (error != 0 ? PollEvents.Error : 0);

    private bool IsUnix => Family == SimulatedAddress.Unix;

    /// <summary>Gets a value indicating whether a Unix-domain sender has to wait. Two that are connected to each other may have as many messages under way as their bytes find room for.</summary>
    private bool IsFull => queued >= Kernel.Options.SocketBufferBytes || (Remote is null && queue.Count >= MostWaiting);

    private bool CanSend => !IsUnix || Remote is null || Kernel.Network.FindDatagram(Remote, this) is not { } receiver || !IsBlockedBy(receiver);

    /// <inheritdoc/>
    public override int Connect(SimulatedAddress address, out OpenDescription? waitsFor)
    {
        waitsFor = null;
        if (address.Family != Family)
        {
            return IsUnix ? -Errno.EINVAL : -Errno.EAFNOSUPPORT;
        }

        if (IsUnix)
        {
            if (Kernel.Network.FindDatagram(address, this) is not { } receiver)
            {
                return address.IsAbstract ? -Errno.ECONNREFUSED : -Errno.ENOENT;
            }

            if (!receiver.Accepts(this))
            {
                return -Errno.EPERM;
            }
        }

        BindIfNeeded();
        Remote = address;
        return 0;
    }

    /// <summary>Says whether messages of another socket come here: a connected socket hears its peer alone.</summary>
    public bool Accepts(DatagramSocket sender) => Remote is null || (sender.Local is { } name && Remote.Key == name.Key);

    /// <inheritdoc/>
    public override int Receive(Span<byte> destination, MessageFlags flags, out MessageOrigin origin)
    {
        origin = default;
        if (error != 0)
        {
            return TakeError();
        }

        if (!queue.TryPeek(out (byte[] Data, SimulatedAddress? From) message))
        {
            return Outcome.WouldBlock;
        }

        int length = Math.Min(destination.Length, message.Data.Length);
        message.Data.AsSpan(0, length).CopyTo(destination);
        origin = new MessageOrigin(message.From, length < message.Data.Length);
        if ((flags & MessageFlags.Peek) == 0)
        {
            queue.Dequeue();
            queued -= message.Data.Length;
            LetSend();
        }

        return (flags & MessageFlags.Truncate) != 0 ? message.Data.Length : length;
    }

    /// <inheritdoc/>
    public override int Send(ReadOnlySpan<byte> source, MessageFlags flags, SimulatedAddress? to)
    {
        if ((to ?? Remote) is not { } destination)
        {
            return IsUnix ? -Errno.ENOTCONN : -Errno.EDESTADDRREQ;
        }

        if (destination.Family != Family)
        {
            return IsUnix ? -Errno.EINVAL : -Errno.EAFNOSUPPORT;
        }

        if (source.Length > LargestBytes)
        {
            return -Errno.EMSGSIZE;
        }

        if (error != 0)
        {
            return TakeError();
        }

        if (Kernel.Faults.Strikes(FaultKind.NoBuffers))
        {
            return -Errno.ENOBUFS;
        }

        BindIfNeeded();
        return IsUnix ? SendUnix(source, destination, isNamed: to is not null) : SendInternet(source, destination);
    }

    /// <inheritdoc/>
    public override int Shutdown(int how) => Remote is null ? -Errno.ENOTCONN : 0;

    /// <inheritdoc/>
    protected override void OnReleased()
    {
        Kernel.Network.Forget(this);
        LetSend();
    }

    private int SendUnix(ReadOnlySpan<byte> source, SimulatedAddress destination, bool isNamed)
    {
        if (Kernel.Network.FindDatagram(destination, this) is not { } receiver)
        {
            return isNamed && !destination.IsAbstract ? -Errno.ENOENT : -Errno.ECONNREFUSED;
        }

        if (!receiver.Accepts(this))
        {
            return -Errno.EPERM;
        }

        if (IsBlockedBy(receiver))
        {
            return Outcome.WouldBlock;
        }

        receiver.Take(source, Local);
        return source.Length;
    }

    private int SendInternet(ReadOnlySpan<byte> source, SimulatedAddress destination)
    {
        if (Kernel.Network.FindDatagram(destination, this) is { } receiver)
        {
            if (receiver.queued + source.Length <= Kernel.Options.SocketBufferBytes)
            {
                receiver.Take(source, SimulatedAddress.Loopback(Family, Local!.Port));
            }
        }
        else if (Remote is not null && destination.Key == Remote.Key)
        {
            // The answer comes when the datagram is gone: the next call hears of it. Only a connected socket is told.
            error = Errno.ECONNREFUSED;
            Notify(PollEvents.Error);
        }

        return source.Length;
    }

    private bool IsBlockedBy(DatagramSocket receiver)
    {
        if (receiver.IsFull && !receiver.blocked.Contains(this))
        {
            receiver.blocked.Add(this);
        }

        return receiver.IsFull;
    }

    private void LetSend()
    {
        if (blocked.Count == 0)
        {
            return;
        }

        DatagramSocket[] senders = [.. blocked];
        blocked.Clear();
        foreach (DatagramSocket sender in senders)
        {
            sender.Notify(PollEvents.Writable);
        }
    }

    private int TakeError()
    {
        int taken = error;
        error = 0;
        return -taken;
    }

    private void BindIfNeeded()
    {
        if (Local is null && !IsUnix)
        {
            _ = Bind(SimulatedAddress.Loopback(Family, 0).Bytes);
        }
    }

    private void Take(ReadOnlySpan<byte> data, SimulatedAddress? from)
    {
        queue.Enqueue((data.ToArray(), from));
        queued += data.Length;
        Notify(PollEvents.Readable);
    }
}
