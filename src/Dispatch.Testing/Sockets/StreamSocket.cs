namespace Dispatch.Testing;

/// <summary>A stream socket, TCP-like or Unix-domain: fresh, listening, or one end of a connection.</summary>
internal sealed class StreamSocket(SimulatedKernel kernel, int family) : SocketDescription(kernel, family)
{
    private readonly Queue<StreamSocket> backlog = new();
    private StreamHalf? incoming;
    private StreamHalf? outgoing;
    private int backlogLimit;
    private int error;
    private bool isListening;
    private bool isBroken;
    private bool receiveShut;

    /// <summary>Gets the number by which the trace knows it.</summary>
    public ulong Number { get; } = kernel.NextSocketNumber();

    /// <summary>Gets a value indicating whether it accepts connections.</summary>
    public bool IsListening => isListening;

    /// <summary>Gets a value indicating whether it is one end of a connection.</summary>
    public bool IsConnected => outgoing is not null;

    /// <summary>Gets a value indicating whether no more connections can wait here.</summary>
    public bool IsFull => backlog.Count >= backlogLimit;

    /// <inheritdoc/>
    public override string Kind => isListening ? "stream socket (listening)" : "stream socket";

    /// <inheritdoc/>
    public override PollEvents Readiness
    {
        get
        {
            if (isListening)
            {
                return backlog.Count != 0 ? PollEvents.Readable : 0;
            }

            if (incoming is null || outgoing is null)
            {
                return PollEvents.Writable | PollEvents.HangUp;
            }

            bool ended = incoming.HasEndArrived || isBroken;
            return (incoming.Available != 0 || ended || receiveShut ? PollEvents.Readable : 0)
                | (ended || receiveShut ? PollEvents.ReadHangUp : 0)
                | (outgoing.Room > 0 || isBroken || outgoing.IsFinished ? PollEvents.Writable : 0)
                | (error != 0 ? PollEvents.Error : 0)
                | (isBroken || (ended && (outgoing.IsFinished || IsLeft)) ? PollEvents.HangUp : 0);
        }
    }

    /// <summary>Gets a value indicating whether the peer has closed, which a Unix-domain socket tells from one that only sends no more.</summary>
    private bool IsLeft => Family == SimulatedAddress.Unix && outgoing!.Reader is null;

    /// <summary>Connects two fresh sockets.</summary>
    public static void Join(StreamSocket left, StreamSocket right)
    {
        int capacity = left.Kernel.Options.SocketBufferBytes;
        StreamHalf toRight = new(left.Kernel, capacity) { Writer = left, Reader = right };
        StreamHalf toLeft = new(left.Kernel, capacity) { Writer = right, Reader = left };
        (left.outgoing, left.incoming) = (toRight, toLeft);
        (right.outgoing, right.incoming) = (toLeft, toRight);
    }

    /// <summary>Listens. <c>listen(2)</c>.</summary>
    public int Listen(int limit)
    {
        if (IsConnected)
        {
            return -Errno.EINVAL;
        }

        isListening = true;
        backlogLimit = Math.Max(1, limit);
        return Local is null ? Bind(SimulatedAddress.Unnamed(Family).Bytes) : Kernel.Network.Listen(this);
    }

    /// <summary>Takes the oldest connection out of the backlog, or null.</summary>
    public StreamSocket? TryAccept()
    {
        if (!backlog.TryDequeue(out StreamSocket? accepted))
        {
            return null;
        }

        Notify(PollEvents.Writable); // Room for one that waits to connect.
        return accepted;
    }

    /// <inheritdoc/>
    public override int Connect(SimulatedAddress address, out OpenDescription? waitsFor)
    {
        waitsFor = null;
        if (IsConnected || isListening)
        {
            return -Errno.EISCONN;
        }

        if (address.Family != Family)
        {
            return address.IsIp || Family != SimulatedAddress.Unix ? -Errno.EAFNOSUPPORT : -Errno.EINVAL;
        }

        if (Kernel.Network.FindListener(address, Family) is not { } listener)
        {
            return Family == SimulatedAddress.Unix && !Kernel.Network.Exists("s" + address.Key) ? -Errno.ENOENT : -Errno.ECONNREFUSED;
        }

        if (listener.IsFull)
        {
            waitsFor = listener;
            return Family == SimulatedAddress.Unix && (Flags & (int)OpenFlags.NonBlocking) != 0 ? -Errno.EAGAIN : Outcome.WouldBlock;
        }

        StreamSocket accepted = new(Kernel, listener.Family);
        Join(this, accepted);
        Local ??= Family == SimulatedAddress.Unix ? SimulatedAddress.Unnamed(Family) : SimulatedAddress.Loopback(Family, Kernel.Network.NextPort());
        Remote = address;
        accepted.Local = address;
        accepted.Remote = Local;
        listener.backlog.Enqueue(accepted);
        listener.Notify(PollEvents.Readable);
        return 0;
    }

    /// <inheritdoc/>
    public override int Receive(Span<byte> destination, MessageFlags flags, out MessageOrigin origin)
    {
        origin = default;
        if (incoming is null)
        {
            return isListening ? -Errno.EINVAL : -Errno.ENOTCONN;
        }

        if (Kernel.Faults.Strikes(FaultKind.ConnectionReset))
        {
            Reset();
        }

        if (destination.Length == 0)
        {
            return 0;
        }

        if (incoming.Available != 0)
        {
            int length = Kernel.Faults.ShortOf(Math.Min(destination.Length, incoming.Available));
            return incoming.Read(destination[..length], (flags & MessageFlags.Peek) != 0);
        }

        return error != 0 ? TakeError()
            : incoming.HasEndArrived || isBroken || receiveShut ? 0
            : Outcome.WouldBlock;
    }

    /// <inheritdoc/>
    public override int Send(ReadOnlySpan<byte> source, MessageFlags flags, SimulatedAddress? to)
    {
        if (to is not null && Family == SimulatedAddress.Unix)
        {
            return IsConnected ? -Errno.EISCONN : -Errno.EOPNOTSUPP; // TCP does not look at it.
        }

        if (outgoing is null)
        {
            return isListening ? -Errno.ENOTCONN : Family == SimulatedAddress.Unix ? -Errno.ENOTCONN : -Errno.EPIPE;
        }

        if (Kernel.Faults.Strikes(FaultKind.ConnectionReset))
        {
            Reset();
        }

        if (error != 0)
        {
            return TakeError();
        }

        if (isBroken || outgoing.IsFinished || (Family == SimulatedAddress.Unix && outgoing.Reader is { receiveShut: true }))
        {
            return -Errno.EPIPE; // Between Unix-domain sockets, who will not receive ends the other's sending.
        }

        if (outgoing.Reader is null)
        {
            if (Family == SimulatedAddress.Unix)
            {
                return -Errno.EPIPE;
            }

            // The peer has closed: its answer to these bytes is a reset, which the next call sees.
            Fail(incoming!.HasEndArrived ? Errno.EPIPE : Errno.ECONNRESET);
            return source.Length;
        }

        if (outgoing.Room == 0)
        {
            return Outcome.WouldBlock;
        }

        int length = Kernel.Faults.ShortOf(Math.Min(source.Length, outgoing.Room));
        outgoing.Write(source[..length]);
        return length;
    }

    /// <inheritdoc/>
    public override int Shutdown(int how)
    {
        if (isListening && how != 1)
        {
            isListening = false;
            Kernel.Network.Forget(this);
            DropBacklog();
            Notify(PollEvents.HangUp);
            return 0;
        }

        if (!IsConnected || isBroken)
        {
            return -Errno.ENOTCONN;
        }

        if (how != 0)
        {
            outgoing!.Finish();
            Notify(PollEvents.Writable);
        }

        if (how != 1)
        {
            receiveShut = true;
            Notify(PollEvents.Readable);
            outgoing!.Reader?.Notify(PollEvents.Writable);
        }

        return 0;
    }

    /// <summary>Breaks the connection at both ends, as a reset does.</summary>
    public void Reset()
    {
        if (!IsConnected || isBroken)
        {
            return;
        }

        StreamSocket? peer = outgoing!.Reader;
        Fail(Errno.ECONNRESET);
        peer?.Fail(Errno.ECONNRESET);
    }

    /// <inheritdoc/>
    protected override void OnReleased()
    {
        Kernel.Network.Forget(this);
        DropBacklog();
        if (!IsConnected)
        {
            return;
        }

        StreamSocket? peer = outgoing!.Reader;
        bool loses = incoming!.Unread != 0 || Lingers;
        outgoing.Writer = null;
        incoming.Reader = null;
        if (loses && peer is not null)
        {
            // Closing with bytes unread, or by SO_LINGER 0, tells the peer that they were lost.
            outgoing.Break();
            peer.Fail(Errno.ECONNRESET);
        }
        else
        {
            outgoing.Finish();
        }

        peer?.Notify(PollEvents.Writable);
    }

    private void DropBacklog()
    {
        while (backlog.TryDequeue(out StreamSocket? waiting))
        {
            waiting.Lingers = true;
            waiting.Release();
        }
    }

    private int TakeError()
    {
        int taken = error;
        error = 0;
        return -taken;
    }

    private void Fail(int errno)
    {
        if (isBroken)
        {
            return;
        }

        isBroken = true;
        error = errno;
        incoming!.Break();
        outgoing!.Break();
        Notify(PollEvents.Readable | PollEvents.Writable | PollEvents.Error | PollEvents.HangUp);
    }
}
