using System.Net;

namespace Dispatch.Testing;

/// <summary>The script's side of the network: its peers and listeners.</summary>
internal sealed class PeerNetwork(SimulatedKernel kernel)
{
    private readonly List<SimulatedPeer> peers = [];

    /// <summary>Throws what .NET users expect of a socket's error.</summary>
    public static void Verify(string call, int result)
    {
        if (result < 0)
        {
            throw ErrorMap.ForSocket(call, result);
        }
    }

    /// <summary>Connects a peer.</summary>
    public async Task<SimulatedPeer> ConnectAsync(EndPoint endPoint)
    {
        SimulatedAddress address = AddressOf(endPoint);
        StreamSocket socket = new(kernel, address.Family);
        try
        {
            int result;
            while ((result = socket.Connect(address, out OpenDescription? full)) == Outcome.WouldBlock)
            {
                await new PeerWait(kernel, full!, PollEvents.Writable).Task;
            }

            Verify("connect", result);
        }
        catch
        {
            socket.Release();
            throw;
        }

        return Add(socket);
    }

    /// <summary>Makes a listener.</summary>
    public SimulatedListener Listen(EndPoint endPoint)
    {
        SimulatedAddress address = AddressOf(endPoint);
        StreamSocket socket = new(kernel, address.Family);
        int result = socket.Bind(address.Bytes);
        result = result < 0 ? result : socket.Listen(128);
        if (result < 0)
        {
            socket.Release();
            Verify("listen", result);
        }

        return new SimulatedListener(kernel, socket);
    }

    /// <summary>Makes a peer of one end of a connection.</summary>
    public SimulatedPeer Add(StreamSocket socket)
    {
        SimulatedPeer peer = new(kernel, socket);
        peers.Add(peer);
        return peer;
    }

    /// <summary>The machine at the other end crashes: every connection breaks.</summary>
    public void BreakAll()
    {
        foreach (SimulatedPeer peer in peers)
        {
            peer.Socket.Reset();
        }
    }

    private static SimulatedAddress AddressOf(EndPoint endPoint)
    {
        System.Net.SocketAddress address = endPoint.Serialize();
        return new SimulatedAddress(address.Buffer.Span[..address.Size]);
    }
}
