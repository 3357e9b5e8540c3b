using System.Net;
using System.Net.Sockets;

namespace Dispatch;

/// <summary>A served address: listeners on the loops, and the handlers that run for their connections. Made by <see cref="Dispatcher.Serve"/>. All members work from any thread.</summary>
public sealed class Server : IAsyncDisposable
{
    private readonly EventLoop[] loops;
    private readonly Func<Connection, CancellationToken, Task> handler;
    private readonly CancellationTokenSource stopping = new();
    private readonly TaskCompletionSource idle;
    private readonly bool deals;
    private readonly ServerLane[] lanes;
    private Listener[] listeners = [];
    private long dealt = -1;
    private int active = 1; // The server itself, until it stops.
    private Task? stop;

    private Server(EventLoop[] loops, EndPoint endPoint, Func<Connection, CancellationToken, Task> handler, ListenerOptions options)
    {
        this.loops = loops;
        this.handler = handler;
        deals = loops.Length > 1 && (options.Distribution == AcceptDistribution.Deal || endPoint.AddressFamily == AddressFamily.Unix);
        idle = new TaskCompletionSource(OffLoop.CompletionOptions);
        LocalEndPoint = endPoint;
        lanes = [.. loops.Select(_ => new ServerLane())];
    }

    /// <summary>Gets the address, with the port that the system chose if 0 was asked for.</summary>
    public EndPoint LocalEndPoint { get; private set; }

    /// <summary>Gets the number of connections whose handler is running.</summary>
    public int ActiveConnections => Volatile.Read(ref active) - (stop is null ? 1 : 0);

    private OffLoop OffLoop => loops[0].Engine.Ring.OffLoop;

    /// <summary>
    /// Stops: no more connections are accepted, the handlers' token is cancelled, and at the deadline the connections that are left are broken.
    /// </summary>
    /// <param name="deadline">How long handlers may go on.</param>
    /// <returns>A task that ends when every handler has returned.</returns>
    public Task StopAsync(TimeSpan deadline)
    {
        lock (stopping)
        {
            // Off the caller's loop, and off its context: the handlers that are waited for may need both.
            return stop ??= OffLoop.Start(() => StopCoreAsync(deadline));
        }
    }

    /// <summary>Stops with a deadline of 5 s.</summary>
    /// <returns>A task that ends when every handler has returned.</returns>
    public async ValueTask DisposeAsync() => await StopAsync(TimeSpan.FromSeconds(5)).ConfigureAwait(false);

    internal static Server Start(EventLoop[] loops, EndPoint endPoint, Func<Connection, CancellationToken, Task> handler, ListenerOptions options)
    {
        Server server = new(loops, endPoint, handler, options);
        int count = server.deals ? 1 : loops.Length;
        List<Listener> made = [];
        try
        {
            for (int i = 0; i < count; i++)
            {
                Listener listener = Listener.Listen(server.LocalEndPoint, options, loops[i].Engine, reusePort: count > 1 || options.ReusePort);
                made.Add(listener);
                server.LocalEndPoint = listener.LocalEndPoint ?? endPoint; // With port 0 the first one chooses for all.
            }
        }
        catch
        {
            foreach (Listener listener in made)
            {
                _ = listener.CloseAsync();
            }

            throw;
        }

        server.listeners = [.. made];
        foreach (Listener listener in made)
        {
            EventLoop loop = listener.Loop;
            loop.Post(() => listener.Accepts.Subscribe(new Acceptor(server, Array.IndexOf(loops, loop))));
        }

        return server;
    }

    private void OnAccepted(Connection connection, int lane)
    {
        if (deals)
        {
            int target = (int)(Interlocked.Increment(ref dealt) % loops.Length);
            if (target != lane)
            {
                // Nothing is in flight on it yet, so the number can simply change hands.
                LoopEngine engine = loops[target].Engine;
                Connection moved = new(engine, new OwnedDescriptor(connection.OwnedDescriptor.Detach(), engine.Ring.Calls), connection.Family);
                if (!engine.Posted.TryPost((_, _) => ServeDealt(moved, target), null, 0))
                {
                    moved.CloseAsync(); // Its loop has ended: there is nobody to serve it.
                }

                return;
            }
        }

        Serve(connection, lane);
    }

    private void ServeDealt(Connection connection, int lane)
    {
        LoopEngine engine = connection.Engine;
        if (engine.IsOwner)
        {
            engine.CountHandOff();
            Serve(connection, lane);
        }
        else
        {
            connection.CloseAsync(); // The loop did not live to read the message.
        }
    }

    private void Serve(Connection connection, int lane)
    {
        Interlocked.Increment(ref active);
        lanes[lane].Add(connection);
        _ = HandleAsync(connection, lane);
    }

    private async Task HandleAsync(Connection connection, int lane)
    {
        LoopEngine engine = connection.Engine;
        try
        {
            await handler(connection, stopping.Token);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested || engine.IsClosed)
        {
            // The handler was told to stop, and did.
        }
        catch (Exception e) when (e is SocketException or IOException { InnerException: SocketException } || (e is ObjectDisposedException && (connection.IsClosed || engine.IsClosed)))
        {
            engine.Counters.ConnectionFaults++; // The peer's doing, or the end of the connection: of no interest to any other.
        }
        catch (Exception e)
        {
            engine.ReportException(e, connection);
        }
        finally
        {
            if (connection.Engine.IsOwner)
            {
                connection.AbandonInput();
            }

            await connection.CloseAsync(); // In its lane still: a stop breaks a close, too, that waits for a peer which takes nothing.
            lanes[lane].Remove(connection);
            Release();
        }
    }

    private async Task StopCoreAsync(TimeSpan deadline)
    {
        await Task.WhenAll(listeners.Select(l => l.CloseAsync()));
        await OffLoop.CancelAsync(stopping);
        Release();
        if (await Task.WhenAny(idle.Task, Task.Delay(deadline, OffLoop.Clock)) != idle.Task)
        {
            foreach (ServerLane lane in lanes)
            {
                lane.AbortAll();
            }
        }

        await idle.Task;
    }

    private void Release()
    {
        if (Interlocked.Decrement(ref active) == 0)
        {
            idle.TrySetResult();
        }
    }

    private sealed class Acceptor(Server server, int lane) : IObserver<Connection>, INamedCallback
    {
        (object? Target, object? State) INamedCallback.Callback => (server.handler, null);

        public void OnNext(Connection value) => server.OnAccepted(value, lane);

        public void OnCompleted()
        {
        }

        public void OnError(Exception error) => server.loops[lane].Engine.ReportException(error, server);
    }
}
