using System.Net;
using Dispatch.Testing;

namespace Dispatch.Benchmarks;

/// <summary>Scenarios on the simulated kernel, a seed each: clients that send messages to an echo server on two loops and compare what comes back. An operation is a completion that the server gets.</summary>
internal sealed class SimulatedEcho(FaultPlan faults) : MicroWorkload
{
    private const int Clients = 4;
    private const int Messages = 100;
    private const int MessageBytes = 100;

    private readonly SimulationOptions options = new() { Faults = faults };
    private long seed;

    public override void Dispose()
    {
    }

    protected override int Turn() => (int)SimulatedKernel.Run(++seed, RunAsync, options).Completions;

    private static async Task RunAsync(SimulatedKernel kernel)
    {
        Dispatcher dispatcher = kernel.CreateDispatcher(2);
        Server server = dispatcher.Serve(new IPEndPoint(IPAddress.Loopback, 7000), EchoAsync);
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(_ => AskAsync(kernel)));
        await server.DisposeAsync();
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

    private static async Task AskAsync(SimulatedKernel kernel)
    {
        SimulatedPeer peer = await kernel.ConnectAsync(7000);
        byte[] message = new byte[MessageBytes];
        for (int i = 0; i < Messages; i++)
        {
            kernel.Random.NextBytes(message);
            await peer.SendAsync(message);
            byte[] echo = await peer.ReceiveAsync(MessageBytes);
            kernel.Check(echo.AsSpan().SequenceEqual(message), "The echo differs.");
        }

        peer.FinishSending();
        kernel.Check((await peer.ReceiveToEndAsync()).Length == 0, "More came back than was sent.");
        peer.Close();
    }
}
