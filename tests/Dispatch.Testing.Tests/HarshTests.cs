using System.Net;
using System.Net.Sockets;

namespace Dispatch.Testing.Tests;

/// <summary>Dispatch itself on a machine that fails: the invariants hold with every seed.</summary>
public sealed class HarshTests
{
    private const int Port = 7000;

    [Fact]
    public void A_server_outlives_everything_that_fails()
    {
        SimulationReport report = SimulatedKernel.RunMany(SeedCount.Value, FailingServerAsync, new SimulationOptions { Faults = FaultPlan.Failing, DescriptorLimit = 8 });
        foreach (FaultKind kind in new[] { FaultKind.DiskError, FaultKind.NoBuffers, FaultKind.ConnectionReset, FaultKind.NoDescriptors, FaultKind.NoMemory })
        {
            Assert.True(report.Faults[kind] > 0, $"{kind} never happened.");
        }
    }

    [Fact]
    public void Streams_of_a_busy_system_lose_and_repeat_nothing() => SimulatedKernel.RunMany(SeedCount.Value, async kernel =>
    {
        EventLoop loop = kernel.CreateLoop();
        SimulatedListener listener = kernel.Listen(new IPEndPoint(IPAddress.Loopback, Port));
        byte[] data = new byte[kernel.Random.Next(1, 5000)];
        kernel.Random.NextBytes(data);
        Task both = loop.InvokeAsync(async () =>
        {
            await using Connection connection = await Connection.ConnectAsync(new IPEndPoint(IPAddress.Loopback, Port));
            using MemoryStream received = new();
            TaskCompletionSource ended = new();
            using IDisposable subscription = connection.Received.Subscribe(new Collector(received, ended));
            for (int at = 0; at < data.Length; at += 700)
            {
                await connection.SendAsync(data.AsMemory(at, Math.Min(700, data.Length - at)));
            }

            await connection.ShutdownAsync();
            await ended.Task;
            Assert.Equal(data, received.ToArray());
        });
        SimulatedPeer peer = await listener.AcceptAsync();
        byte[] echoed = await peer.ReceiveToEndAsync();
        await peer.SendAsync(echoed);
        peer.Close();
        await both;
        listener.Close();
    });

    [Fact]
    public void Connections_are_dealt_between_loops_and_closed() => SimulatedKernel.RunMany(SeedCount.Value / 2, async kernel =>
    {
        Dispatcher dispatcher = kernel.CreateDispatcher(3);
        int served = 0;
        Server server = dispatcher.Serve(
            new IPEndPoint(IPAddress.Loopback, Port),
            async (connection, token) =>
            {
                await connection.SendAsync("hi"u8.ToArray(), token);
                served++;
            },
            new ListenerOptions { Distribution = AcceptDistribution.Deal });
        await Task.WhenAll(Enumerable.Range(0, 5).Select(async _ =>
        {
            SimulatedPeer peer = await kernel.ConnectAsync(Port);
            Assert.Equal("hi"u8.ToArray(), await peer.ReceiveToEndAsync());
            peer.Close();
        }));
        await server.StopAsync(TimeSpan.FromSeconds(1));
        Assert.Equal(5, served);
        DrainReport report = await dispatcher.DrainAsync(TimeSpan.FromSeconds(1));
        Assert.Empty(report.Unfinished);
    });

    [Fact]
    public void Messages_between_loops_arrive_once() => SimulatedKernel.RunMany(SeedCount.Value / 2, async kernel =>
    {
        EventLoop from = kernel.CreateLoop();
        EventLoop to = kernel.CreateLoop();
        List<ulong> arrived = [];
        IDisposable? subscription = null;
        await to.InvokeAsync(() => subscription = to.Completions.Subscribe(new TagCollector(arrived)));
        await from.InvokeAsync(async () =>
        {
            for (ulong i = 0; i < 20; i++)
            {
                Assert.Equal(0, await from.ExecuteAsync(IoRequest.Message(to, i, 0)));
            }
        });
        await kernel.DelayAsync(TimeSpan.FromMilliseconds(10));
        await to.InvokeAsync(() => subscription!.Dispose());
        Assert.Equal(Enumerable.Range(0, 20).Select(i => (ulong)i), arrived);
    });

    [Fact]
    public void Offloaded_work_comes_back() => Worlds.OnLoops(100, async (_, loop) =>
    {
        Assert.Equal(7, await loop.OffloadAsync(() => 7));
        Assert.True(loop.IsOwner);
        await Assert.ThrowsAsync<InvalidDataException>(async () => await loop.OffloadAsync<int>(() => throw new InvalidDataException("Mine.")));
    });

    private static async Task FailingServerAsync(SimulatedKernel kernel)
    {
        kernel.Disk.WriteFile("/tmp/page", new byte[3000]);
        Dispatcher dispatcher = kernel.CreateDispatcher(2);
        Server? server = null;
        for (int attempt = 0; server is null; attempt++)
        {
            try
            {
                server = dispatcher.Serve(new IPEndPoint(IPAddress.Loopback, Port), ServeFileAsync);
            }
            catch (SocketException) when (attempt < 50)
            {
                kernel.Note("No socket to listen with; again.");
            }
        }

        await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => AskAsync(kernel)));
        await server.StopAsync(TimeSpan.FromSeconds(1));
    }

    private static async Task ServeFileAsync(Connection connection, CancellationToken token)
    {
        byte[] buffer = new byte[1000];
        try
        {
            await using DispatchFile file = await DispatchFile.OpenAsync("/tmp/page", cancellationToken: token);
            for (long at = 0; ;)
            {
                int read = await file.ReadAsync(buffer, at, token);
                if (read == 0)
                {
                    return;
                }

                at += read;
                await connection.SendAsync(buffer.AsMemory(0, read), token);
            }
        }
        catch (IOException)
        {
            await connection.SendAsync("E"u8.ToArray(), token); // The disk or the descriptors failed: the client is told.
        }
    }

    private static async Task AskAsync(SimulatedKernel kernel)
    {
        SimulatedPeer peer = await kernel.ConnectAsync(Port);
        try
        {
            byte[] page = await peer.ReceiveToEndAsync();
            kernel.Check(page.Length == 3000 || page.Contains((byte)'E'), $"{page.Length} bytes came.");
        }
        catch (SocketException)
        {
            kernel.Note("The connection broke.");
        }

        peer.Close();
    }

    private sealed class Collector(MemoryStream to, TaskCompletionSource ended) : IObserver<BufferLease>
    {
        public void OnNext(BufferLease value) => to.Write(value.Span);

        public void OnError(Exception error) => ended.SetException(error);

        public void OnCompleted() => ended.SetResult();
    }

    private sealed class TagCollector(List<ulong> to) : IObserver<Completion>
    {
        public void OnNext(Completion value) => to.Add(value.Tag);

        public void OnError(Exception error)
        {
        }

        public void OnCompleted()
        {
        }
    }
}
