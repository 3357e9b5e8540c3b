using System.Net;
using System.Text;
using Dispatch.Testing;

namespace Dispatch.Examples.SimulatedServer;

/// <summary>The test: what a user writes.</summary>
internal static class Scenario
{
    private const int Port = 7000;
    private const int Clients = 3;
    private const int LinesEach = 4;

    /// <summary>Makes the scenario for a handler.</summary>
    public static Func<SimulatedKernel, Task> For(Func<Connection, CancellationToken, Task> handler) => async kernel =>
    {
        Dispatcher dispatcher = kernel.CreateDispatcher(loopCount: 2);
        Server server = dispatcher.Serve(new IPEndPoint(IPAddress.Loopback, Port), handler);
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(client => AskAsync(kernel, client)));
        await server.DisposeAsync();
    };

    private static async Task AskAsync(SimulatedKernel kernel, int client)
    {
        SimulatedPeer peer = await kernel.ConnectAsync(Port);
        string question = string.Concat(Enumerable.Range(0, LinesEach).Select(i => $"client {client} says {kernel.Random.Next(1000)}, line {i}\n"));
        string expected = question.ToUpperInvariant();
        await peer.SendAsync(Encoding.ASCII.GetBytes(question));
        string answer = Encoding.ASCII.GetString(await peer.ReceiveAsync(expected.Length));
        kernel.Check(answer == expected, $"Client {client} was answered '{answer}'.");
        peer.FinishSending();
        kernel.Check((await peer.ReceiveToEndAsync()).Length == 0, $"Client {client} was sent more than it asked for.");
        peer.Close();
    }
}
