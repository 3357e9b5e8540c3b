using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Dispatch.Tests;

/// <summary>Served addresses: who handles what, and what a fault of one connection does to the others.</summary>
public sealed class ServeTests
{
    [Theory]
    [InlineData(AcceptDistribution.PortPerLoop, false)]
    [InlineData(AcceptDistribution.Deal, false)]
    [InlineData(AcceptDistribution.PortPerLoop, true)]
    public Task Every_connection_is_handled_on_the_loop_that_owns_it(AcceptDistribution distribution, bool unix) => LoopHost.Around(
        async host =>
        {
            const int Count = 90;
            string path = Pairs.UnixPath();
            ConcurrentQueue<(EventLoop Owner, bool OnOwner)> handled = new();
            await using Server server = host.Dispatcher.Serve(
                unix ? new UnixDomainSocketEndPoint(path) : Pairs.Loopback,
                async (connection, _) =>
                {
                    handled.Enqueue((connection.Loop, connection.Loop.IsOwner));
                    await connection.SendAsync(await Receiving.ExactlyAsync(connection, 1), CancellationToken.None);
                    Assert.True(connection.Loop.IsOwner);
                },
                new ListenerOptions { Distribution = distribution });
            for (int i = 0; i < Count; i++)
            {
                using Socket client = Connect(server.LocalEndPoint);
                client.Send([(byte)i]);
                byte[] back = new byte[1];
                Assert.Equal(1, client.Receive(back));
                Assert.Equal((byte)i, back[0]);
            }

            Assert.Equal(Count, handled.Count);
            Assert.All(handled, h => Assert.True(h.OnOwner));
            Dictionary<EventLoop, int> counts = handled.GroupBy(h => h.Owner).ToDictionary(g => g.Key, g => g.Count());
            if (distribution == AcceptDistribution.Deal || unix)
            {
                Assert.Equal([30, 30, 30], host.Dispatcher.Loops.Select(l => counts.GetValueOrDefault(l)));
            }

            await server.StopAsync(TimeSpan.FromSeconds(60));
            Assert.Equal(0, server.ActiveConnections);
            File.Delete(path);
        },
        3);

    [Fact]
    public Task A_handler_that_throws_goes_to_the_policy_and_the_server_goes_on() => LoopHost.Around(
        async host =>
        {
            await using Server server = host.Dispatcher.Serve(Pairs.Loopback, async (connection, _) =>
            {
                byte[] first = await Receiving.ExactlyAsync(connection, 1);
                if (first[0] == 0)
                {
                    throw new InvalidDataException("mine");
                }

                await connection.SendAsync(first, CancellationToken.None);
            });
            for (byte i = 0; i < 20; i++)
            {
                using Socket client = Connect(server.LocalEndPoint);
                client.Send([(byte)(i % 2)]);
                Assert.Equal(i % 2, client.Receive(new byte[1])); // Of the thrower: the end.
            }

            await server.StopAsync(TimeSpan.FromSeconds(60));
            Assert.Equal(Enumerable.Repeat("mine", 10), host.TakeFaults().Select(f => f.Message));
            Assert.Equal(0, host.Dispatcher.Loops.Sum(l => l.Statistics.ConnectionFaults));
        },
        2);

    [Fact]
    public Task A_connection_that_breaks_is_counted_and_nobodys_fault() => LoopHost.Around(
        async host =>
        {
            await using Server server = host.Dispatcher.Serve(Pairs.Loopback, async (connection, token) =>
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
            });
            for (int i = 0; i < 30; i++)
            {
                using Socket client = Connect(server.LocalEndPoint);
                client.Send([1]);
                Assert.Equal(1, client.Receive(new byte[1]));
                client.LingerState = new LingerOption(true, 0); // Resets.
            }

            while (server.ActiveConnections != 0)
            {
                await host.Loop.InvokeAsync(() => Receiving.TurnAsync(host.Loop));
            }

            Assert.Equal(30, host.Dispatcher.Loops.Sum(l => l.Statistics.ConnectionFaults));
            using Socket last = Connect(server.LocalEndPoint);
            last.Send([7]);
            Assert.Equal(1, last.Receive(new byte[1]));
        },
        2);

    [Fact]
    public Task An_abort_under_a_handler_is_a_broken_connection_too() => LoopHost.Around(
        async host =>
        {
            TaskCompletionSource<Connection> seen = new(TaskCreationOptions.RunContinuationsAsynchronously);
            await using Server server = host.Dispatcher.Serve(Pairs.Loopback, async (connection, _) =>
            {
                Task sending = connection.SendAsync(new byte[64 << 20], CancellationToken.None).AsTask();
                seen.SetResult(connection);
                await sending;
            });
            using Socket client = Connect(server.LocalEndPoint);
            (await seen.Task).Abort();
            while (server.ActiveConnections != 0)
            {
                await host.Loop.InvokeAsync(() => Receiving.TurnAsync(host.Loop));
            }

            Assert.Equal(1, host.Loop.Statistics.ConnectionFaults);
        },
        1);

    [Fact]
    public Task A_stop_cancels_the_token_and_waits_for_the_handlers() => LoopHost.Around(
        async host =>
        {
            int finished = 0;
            await using Server server = host.Dispatcher.Serve(Pairs.Loopback, async (connection, token) =>
            {
                try
                {
                    (await connection.ReceiveAsync(token)).Dispose();
                }
                catch (OperationCanceledException)
                {
                    await connection.SendAsync("bye"u8.ToArray(), CancellationToken.None);
                    Interlocked.Increment(ref finished);
                    throw;
                }
            });
            Socket[] clients = [.. Enumerable.Range(0, 10).Select(_ => Connect(server.LocalEndPoint))];
            while (server.ActiveConnections != 10)
            {
                await host.Loop.InvokeAsync(() => Receiving.TurnAsync(host.Loop));
            }

            await server.StopAsync(TimeSpan.FromSeconds(60));

            Assert.Equal(10, finished);
            foreach (Socket client in clients)
            {
                Assert.Equal(3, client.Receive(new byte[10]));
                Assert.Equal(0, client.Receive(new byte[10]));
                client.Dispose();
            }

            using Socket refused = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            Assert.Equal(SocketError.ConnectionRefused, Assert.Throws<SocketException>(() => refused.Connect(server.LocalEndPoint)).SocketErrorCode);
        },
        2);

    [Fact]
    public Task At_the_deadline_a_stop_breaks_what_is_left_also_a_close_that_hangs() => LoopHost.Around(
        async host =>
        {
            int began = 0;
            await using Server server = host.Dispatcher.Serve(Pairs.Loopback, async (connection, _) =>
            {
                Task stuck = connection.SendAsync(new byte[64 << 20], CancellationToken.None).AsTask(); // The peer reads nothing.
                if (Interlocked.Increment(ref began) % 2 == 0)
                {
                    await stuck; // The handler hangs; of the others the close does.
                }
            });
            Socket[] clients = [.. Enumerable.Range(0, 6).Select(_ => Connect(server.LocalEndPoint))];
            while (Volatile.Read(ref began) != 6)
            {
                await host.Loop.InvokeAsync(() => Receiving.TurnAsync(host.Loop));
            }

            await server.StopAsync(TimeSpan.Zero);

            Assert.Equal(0, server.ActiveConnections);
            Array.ForEach(clients, c => c.Dispose());
        },
        2);

    [Fact]
    public Task A_port_in_use_is_said_at_once_and_nothing_stays_open() => LoopHost.Around(
        async host =>
        {
            await using Listener taken = Listener.Listen(Pairs.Loopback, null, host.Loop);
            int before = Descriptors.CountSockets();

            SocketException e = Assert.Throws<SocketException>(() => host.Dispatcher.Serve(taken.LocalEndPoint!, (_, _) => Task.CompletedTask));

            Assert.Equal(SocketError.AddressAlreadyInUse, e.SocketErrorCode);
            Assert.Equal(before, Descriptors.CountSockets());
        },
        2);

    private static Socket Connect(EndPoint server)
    {
        Socket client = new(server.AddressFamily, SocketType.Stream, ProtocolType.Unspecified);
        client.Connect(server);
        return client;
    }
}
