namespace Dispatch;

/// <summary>What comes to a <see cref="DatagramSocket"/>. Owner thread only.</summary>
internal sealed class DatagramStream : LoopStream<Datagram>
{
    private readonly DatagramReceiveOperation operation;
    private Exception? interruption;

    public DatagramStream(DatagramSocket socket, StreamOptions options)
        : base(socket.Engine, options) => operation = new DatagramReceiveOperation(this, socket);

    /// <summary>Gets a value indicating whether somebody waits for a datagram, or there is room for one.</summary>
    public bool IsWanted => HasRoom;

    /// <summary>The socket closes: what was not read goes back.</summary>
    public void Close()
    {
        DropUnread();
        End(null);
        operation.Stop();
    }

    /// <summary>A datagram has come.</summary>
    public void OnData(BufferLease lease) => Push(new Datagram(lease));

    /// <summary>Receiving cannot go on.</summary>
    public void OnFailed(Exception reason) => End(reason);

    /// <summary>The network has answered an earlier send with an error. Whoever waits is told, once; the socket is as it was.</summary>
    public void OnNetworkError(Exception error)
    {
        if (!Interrupt(error))
        {
            interruption = error;
        }

        OnDisarmed();
    }

    /// <summary>The request has ended, or a buffer has come back: it is armed again while there is room.</summary>
    public void OnDisarmed()
    {
        if (HasRoom)
        {
            ResumeIfConsumed();
        }
    }

    /// <inheritdoc/>
    internal override Exception Ended() => new ObjectDisposedException(nameof(DatagramSocket), "The socket, or its loop, was closed while it was being received from.");

    /// <inheritdoc/>
    internal override void Release(Datagram item) => item.Lease.Dispose();

    /// <inheritdoc/>
    private protected override void Prepare()
    {
        base.Prepare();
        operation.Prepare();
    }

    /// <inheritdoc/>
    private protected override void OnResume()
    {
        if (interruption is { } error && Interrupt(error))
        {
            interruption = null;
        }
        else
        {
            operation.Arm();
        }
    }

    /// <inheritdoc/>
    private protected override void OnSuspend() => operation.Stop();
}
