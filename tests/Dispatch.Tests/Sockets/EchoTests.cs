using System.Net;

namespace Dispatch.Tests;

/// <summary>Echo under load, every byte checked.</summary>
public sealed class EchoTests
{
    [Theory]
    [InlineData("await", 1)]
    [InlineData("await", 2)]
    [InlineData("copy", 1)]
    [InlineData("observe", 1)]
    [InlineData("observe", 2)]
    public Task Sixty_four_connections_get_back_every_byte_in_order(string mode, int loops) => LoopHost.Around(
        async host =>
        {
            Func<Connection, CancellationToken, Task> handler = mode switch
            {
                "await" => EchoByLeaseAsync,
                "copy" => EchoByCopyAsync,
                _ => EchoByObservingAsync,
            };
            await using Server server = host.Dispatcher.Serve(Pairs.Loopback, handler);
            await Task.WhenAll(Enumerable.Range(0, 64).Select(i => host.Dispatcher.NextLoop().InvokeAsync(() => ClientAsync(server.LocalEndPoint, i))));
            await server.StopAsync(TimeSpan.FromSeconds(60));

            Assert.Equal(0, server.ActiveConnections);
        },
        loops);

    private static async Task ClientAsync(EndPoint server, int seed)
    {
        Random random = new(seed);
        int size = seed switch
        {
            0 => 1,
            1 => 1 << 20,
            _ => (int)Math.Exp(random.NextDouble() * Math.Log(1 << 20)),
        };
        byte[] data = Receiving.Pattern(size, seed);
        Connection connection = await Connection.ConnectAsync(server);
        Task sending = SendInPiecesAsync();
        byte[] received = new byte[size];
        int done = 0;
        while (done < size)
        {
            int got = await connection.ReceiveAsync(received.AsMemory(done, random.Next(1, size - done + 1)));
            Assert.NotEqual(0, got);
            Assert.True(received.AsSpan(done, got).SequenceEqual(data.AsSpan(done, got)), $"connection {seed} differs in {done}..{done + got}");
            done += got;
        }

        await sending;
        Assert.True((await connection.ReceiveAsync()).IsEmpty);
        await connection.CloseAsync();

        async Task SendInPiecesAsync()
        {
            Random pieces = new(seed + 1000);
            int at = 0;
            while (at < size)
            {
                int piece = Math.Min(size - at, pieces.Next(4) == 0 ? pieces.Next(1, 100) : pieces.Next(1, 50_000));
                await connection.SendAsync(data.AsMemory(at, piece));
                at += piece;
            }

            await connection.ShutdownAsync();
        }
    }

    private static async Task EchoByLeaseAsync(Connection connection, CancellationToken token)
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

    private static async Task EchoByCopyAsync(Connection connection, CancellationToken token)
    {
        byte[] buffer = new byte[1000];
        int got;
        while ((got = await connection.ReceiveAsync(buffer, token)) != 0)
        {
            await connection.SendAsync(buffer.AsMemory(0, got), token);
        }
    }

    private static async Task EchoByObservingAsync(Connection connection, CancellationToken token)
    {
        Task last = Task.CompletedTask;
        Recorder<BufferLease> recorder = new(lease => last = connection.SendAsync(lease, token).AsTask());
        using IDisposable subscription = connection.Received.Subscribe(recorder);
        await recorder.Ended;
        await last;
    }
}
