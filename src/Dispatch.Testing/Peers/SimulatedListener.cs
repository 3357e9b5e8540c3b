namespace Dispatch.Testing;

/// <summary>An address of the script's at which the code under test can connect.</summary>
public sealed class SimulatedListener
{
    private readonly SimulatedKernel kernel;
    private readonly StreamSocket socket;
    private bool closed;

    internal SimulatedListener(SimulatedKernel kernel, StreamSocket socket)
    {
        this.kernel = kernel;
        this.socket = socket;
    }

    /// <summary>Gets the port, of an IP address.</summary>
    public int Port => socket.Local!.Port;

    /// <summary>Takes the next connection.</summary>
    /// <returns>The script's end of it.</returns>
    public async Task<SimulatedPeer> AcceptAsync()
    {
        while (true)
        {
            ObjectDisposedException.ThrowIf(closed, this);
            if (socket.TryAccept() is { } accepted)
            {
                return kernel.Runner.Peers.Add(accepted);
            }

            await new PeerWait(kernel, socket, PollEvents.Readable).Task;
        }
    }

    /// <summary>Stops listening; connections that nobody accepted are reset.</summary>
    public void Close()
    {
        if (!closed)
        {
            closed = true;
            socket.Release();
        }
    }
}
