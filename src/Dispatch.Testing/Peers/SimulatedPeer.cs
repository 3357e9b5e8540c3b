namespace Dispatch.Testing;

/// <summary>One end of a connection that the script holds: a client of the code under test, or a server of it. It is not made with Dispatch and holds no descriptor. One send and one receive at a time.</summary>
public sealed class SimulatedPeer
{
    private readonly SimulatedKernel kernel;
    private bool closed;

    internal SimulatedPeer(SimulatedKernel kernel, StreamSocket socket)
    {
        this.kernel = kernel;
        Socket = socket;
    }

    internal StreamSocket Socket { get; }

    /// <summary>Sends bytes; waits while the other side takes none.</summary>
    /// <param name="data">The bytes. They are copied as they are taken.</param>
    /// <returns>A task that ends when all are taken.</returns>
    /// <exception cref="System.Net.Sockets.SocketException">The connection broke.</exception>
    public async Task SendAsync(ReadOnlyMemory<byte> data)
    {
        while (!data.IsEmpty)
        {
            VerifyOpen();
            int sent = Socket.Send(data.Span, MessageFlags.None);
            if (sent == Outcome.WouldBlock)
            {
                await new PeerWait(kernel, Socket, PollEvents.Writable).Task;
                continue;
            }

            PeerNetwork.Verify("send", sent);
            kernel.Trace.Add(TraceKind.Peer, kernel.Now, tag: Socket.Number, result: sent, text: "sends");
            data = data[sent..];
        }
    }

    /// <summary>Receives what has arrived, waiting for at least one byte.</summary>
    /// <param name="destination">Where to. Not empty.</param>
    /// <returns>The number of bytes; 0 when the other side has finished sending.</returns>
    /// <exception cref="System.Net.Sockets.SocketException">The connection broke.</exception>
    public async Task<int> ReceiveAsync(Memory<byte> destination)
    {
        while (true)
        {
            VerifyOpen();
            int received = Socket.Receive(destination.Span, MessageFlags.None);
            if (received == Outcome.WouldBlock)
            {
                await new PeerWait(kernel, Socket, PollEvents.Readable).Task;
                continue;
            }

            PeerNetwork.Verify("recv", received);
            kernel.Trace.Add(TraceKind.Peer, kernel.Now, tag: Socket.Number, result: received, text: "receives");
            return received;
        }
    }

    /// <summary>Receives so many bytes; fewer only when the other side finishes sending before.</summary>
    /// <param name="count">How many.</param>
    /// <returns>The bytes.</returns>
    /// <exception cref="System.Net.Sockets.SocketException">The connection broke.</exception>
    public async Task<byte[]> ReceiveAsync(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        byte[] bytes = new byte[count];
        int have = 0;
        while (have < count)
        {
            int received = await ReceiveAsync(bytes.AsMemory(have));
            if (received == 0)
            {
                return bytes[..have];
            }

            have += received;
        }

        return bytes;
    }

    /// <summary>Receives until the other side has finished sending.</summary>
    /// <returns>The bytes.</returns>
    /// <exception cref="System.Net.Sockets.SocketException">The connection broke.</exception>
    public async Task<byte[]> ReceiveToEndAsync()
    {
        using MemoryStream whole = new();
        byte[] piece = new byte[4096];
        int received;
        while ((received = await ReceiveAsync(piece)) != 0)
        {
            whole.Write(piece, 0, received);
        }

        return whole.ToArray();
    }

    /// <summary>Finishes sending: the other side receives the end of the stream. <c>shutdown(2)</c>.</summary>
    public void FinishSending()
    {
        VerifyOpen();
        _ = Socket.Shutdown(1);
    }

    /// <summary>Closes the connection. Bytes that were not received make it a reset, as with any socket. Doing it twice does nothing.</summary>
    public void Close()
    {
        if (!closed)
        {
            closed = true;
            Socket.Release();
        }
    }

    /// <summary>Breaks the connection: the other side's calls fail with ECONNRESET.</summary>
    public void Reset()
    {
        if (!closed)
        {
            kernel.Trace.Add(TraceKind.Peer, kernel.Now, tag: Socket.Number, text: "resets");
            Socket.Reset();
            Close();
        }
    }

    private void VerifyOpen() => ObjectDisposedException.ThrowIf(closed, this);
}
