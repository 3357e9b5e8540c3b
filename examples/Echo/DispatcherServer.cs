using System.Net;

namespace Dispatch.Examples.Echo;

/// <summary>A server on a dispatcher's loops: it accepts, runs a handler for each connection on the loop that owns it, and drains.</summary>
internal sealed class DispatcherServer : IEchoServer
{
    private readonly Dispatcher dispatcher;
    private readonly Server server;

    /// <summary>Initializes a new instance of the <see cref="DispatcherServer"/> class, which serves at once.</summary>
    /// <param name="options">The options.</param>
    /// <param name="handler">What to do with a connection.</param>
    public DispatcherServer(EchoOptions options, Func<Connection, CancellationToken, Task> handler)
    {
        dispatcher = Dispatcher.Create(options.ApplyTo(new DispatcherOptions
        {
            LoopCount = options.LoopCount,
            Placement = options.Cpus is null ? LoopPlacement.Unbound : LoopPlacement.Explicit,
            Cpus = options.Cpus,
        }));
        server = dispatcher.Serve(options.EndPoint, handler);
    }

    public EndPoint LocalEndPoint => server.LocalEndPoint;

    public async Task<IReadOnlyList<LoopStatistics>> DrainAsync(TimeSpan deadline)
    {
        await dispatcher.DrainAsync(deadline);
        return [.. dispatcher.Loops.Select(loop => loop.Statistics)];
    }
}
