namespace Dispatch.Testing;

/// <summary>A datagram socket: whole messages, in order on this machine, lost when the receiver's queue is full.</summary>
internal sealed class DatagramSocket(SimulatedKernel kernel, int family) : SocketDescription(kernel, family)
{
    private const int LargestBytes = 65_507;

    private readonly Queue<(byte[] Data, SimulatedAddress From)> queue = new();
    private int queued;
    private int error;

    /// <inheritdoc/>
    public override string Kind => "datagram socket";

    /// <inheritdoc/>
    public override PollEvents Readiness => (queue.Count != 0 || error != 0 ? PollEvents.Readable : 0) | PollEvents.Writable | (error != 0 ? PollEvents.Error : 0);

    /// <inheritdoc/>
    public override int Connect(SimulatedAddress address, out OpenDescription? waitsFor)
    {
        waitsFor = null;
        if (Family == SimulatedAddress.Unix && Kernel.Network.FindDatagram(address) is null)
        {
            return -Errno.ECONNREFUSED;
        }

        BindIfNeeded();
        Remote = address;
        return 0;
    }

    /// <inheritdoc/>
    public override int Receive(Span<byte> destination, MessageFlags flags)
    {
        if (error != 0)
        {
            int taken = error;
            error = 0;
            return -taken;
        }

        if (!queue.TryPeek(out (byte[] Data, SimulatedAddress From) message))
        {
            return Outcome.WouldBlock;
        }

        int length = Math.Min(destination.Length, message.Data.Length);
        message.Data.AsSpan(0, length).CopyTo(destination);
        if ((flags & MessageFlags.Peek) == 0)
        {
            queue.Dequeue();
            queued -= message.Data.Length;
        }

        return (flags & MessageFlags.Truncate) != 0 ? message.Data.Length : length;
    }

    /// <inheritdoc/>
    public override int Send(ReadOnlySpan<byte> source, MessageFlags flags)
    {
        if (Remote is null)
        {
            return Family == SimulatedAddress.Unix ? -Errno.ENOTCONN : -Errno.EDESTADDRREQ;
        }

        if (source.Length > LargestBytes)
        {
            return -Errno.EMSGSIZE;
        }

        if (Kernel.Faults.Strikes(FaultKind.NoBuffers))
        {
            return -Errno.ENOBUFS;
        }

        if (Kernel.Network.FindDatagram(Remote) is not { } receiver)
        {
            if (Family == SimulatedAddress.Unix)
            {
                return -Errno.ECONNREFUSED;
            }

            error = Errno.ECONNREFUSED; // The answer comes when the datagram is gone: the next call hears of it.
            Notify(PollEvents.Error);
            return source.Length;
        }

        receiver.Take(source, Local ?? SimulatedAddress.Unnamed(Family));
        return source.Length;
    }

    /// <inheritdoc/>
    public override int Shutdown(int how) => Remote is null ? -Errno.ENOTCONN : 0;

    /// <inheritdoc/>
    protected override void OnReleased() => Kernel.Network.Forget(this);

    private void BindIfNeeded()
    {
        if (Local is null && Family != SimulatedAddress.Unix)
        {
            _ = Bind(SimulatedAddress.Loopback(Family, 0).Bytes);
        }
    }

    private void Take(ReadOnlySpan<byte> data, SimulatedAddress from)
    {
        if (queued + data.Length > Kernel.Options.SocketBufferBytes)
        {
            return; // No room: a datagram may be lost.
        }

        queue.Enqueue((data.ToArray(), from));
        queued += data.Length;
        Notify(PollEvents.Readable);
    }
}
