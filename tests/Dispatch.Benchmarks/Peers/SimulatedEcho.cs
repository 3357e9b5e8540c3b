using System.Net;
using System.Net.Sockets;
using Dispatch.Testing;

namespace Dispatch.Benchmarks;

/// <summary>
/// Scenarios on the simulated kernel, a seed each: clients that send messages to an echo server on two loops, and compare what comes back. A connection that breaks is made again, and its message sent again. An operation is a
/// completion that the server gets; making the machine and checking it at the end are part of its price.
/// </summary>
internal sealed class SimulatedEcho(FaultPlan faults, int clients, int messages) : MicroWorkload
{
    private const int Port = 7000;
    private const int MessageBytes = 100;

    private readonly SimulationOptions options = new() { Faults = faults };
    private long seed;

    public override void Dispose()
    {
    }

    protected override int Turn() => (int)SimulatedKernel.Run(++seed, RunAsync, options).Completions;

    private static Server? TryServe(Dispatcher dispatcher)
    {
        try
        {
            return dispatcher.Serve(new IPEndPoint(IPAddress.Loopback, Port), EchoAsync);
        }
        catch (SocketException)
        {
            return null; // No descriptor, or no memory, for a listener.
        }
    }

    private static async Task EchoAsync(Connection connection, CancellationToken token)
    {
        while (true)
        {
            using BufferLease lease = await connection.ReceiveAsync(token);
            if (lease.IsEmpty)
            {
                return;
            }

            await connection.SendAsync(lease, token);
        }
    }

    private static async Task<bool> TryEchoAsync(SimulatedKernel kernel, SimulatedPeer peer, byte[] message)
    {
        try
        {
            await peer.SendAsync(message);
            byte[] echo = await peer.ReceiveAsync(message.Length);
            kernel.Check(echo.AsSpan().SequenceEqual(message.AsSpan(0, echo.Length)), "The echo differs.");
            return echo.Length == message.Length;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private async Task RunAsync(SimulatedKernel kernel)
    {
        Dispatcher dispatcher = kernel.CreateDispatcher(2);
        Server? server;
        while ((server = TryServe(dispatcher)) is null)
        {
            await kernel.DelayAsync(TimeSpan.FromMilliseconds(1));
        }

        await Task.WhenAll(Enumerable.Range(0, clients).Select(_ => AskAsync(kernel)));
        await server.DisposeAsync();
    }

    private async Task AskAsync(SimulatedKernel kernel)
    {
        SimulatedPeer peer = await kernel.ConnectAsync(Port);
        byte[] message = new byte[MessageBytes];
        for (int i = 0; i < messages; i++)
        {
            kernel.Random.NextBytes(message);
            while (!await TryEchoAsync(kernel, peer, message))
            {
                peer.Close();
                peer = await kernel.ConnectAsync(Port);
            }
        }

        peer.Close();
    }
}
