using System.Net;
using System.Net.Sockets;

namespace Dispatch.Conformance.Sockets;

/// <summary>Servers: listeners, connections over TCP and their streams, through whatever the kernel does to their multishots, their cancels and their bytes.</summary>
public sealed class ServerTests : KernelTests
{
    private static readonly IPEndPoint Loopback = new(IPAddress.Loopback, 0);

    [Theory]
    [EveryKernel]
    [Scenario(Scenarios.MultishotEnds)]
    public void An_echo_of_many_clients_is_whole_however_often_accepts_and_receives_end(TestedKernel kernel) => Run(
        kernel,
        async w =>
        {
            int clients = w.Rounds(20);
            await using Listener listener = Listener.Listen(Loopback, null, w.Loop);
            Task server = ServeAsync(listener, clients);
            await Task.WhenAll(Enumerable.Range(0, clients).Select(async i =>
            {
                byte[] data = World.Pattern(5000, i);
                Connection client = await Connection.ConnectAsync(listener.LocalEndPoint!, w.Loop);
                Task send = SendAndEndAsync(client, data);
                Assert.Equal(data, await ToEndAsync(client));
                await send;
                await client.CloseAsync();
            }));
            await server;
        },
        new EventLoopOptions { SubmissionEntries = 16, CompletionEntries = 64, ReceiveBufferCount = 4, MaxReceiveBufferCount = 8, ReceiveBufferSize = 512 },
        Tolerance.Any);

    [Theory]
    [EveryKernel]
    [Scenario(Scenarios.CancelledAccept)]
    public void Accepts_that_are_cancelled_again_and_again_lose_no_client(TestedKernel kernel) => Run(
        kernel,
        async w =>
        {
            int clients = w.Rounds(50);
            await using Listener listener = Listener.Listen(Loopback, null, w.Loop);
            List<byte> said = [];
            List<Connection> ours = [];
            Task connecting = ConnectAllAsync();
            for (int i = 0; said.Count != clients; i++)
            {
                using CancellationTokenSource source = new();
                Task<Connection> accept = listener.AcceptAsync(source.Token).AsTask();
                await w.Turn(i % 4);
                source.Cancel();
                try
                {
                    Connection accepted = await accept;
                    said.Add((await ExactlyAsync(accepted, 1))[0]);
                    await accepted.CloseAsync();
                }
                catch (OperationCanceledException)
                {
                }
            }

            await connecting;
            said.Sort();
            Assert.Equal(Enumerable.Range(0, clients).Select(i => (byte)i), said);
            await Task.WhenAll(ours.Select(c => c.CloseAsync()));

            async Task ConnectAllAsync()
            {
                for (int i = 0; i < clients; i++)
                {
                    Connection client = await Connection.ConnectAsync(listener.LocalEndPoint!, w.Loop);
                    ours.Add(client);
                    await client.SendAsync(new[] { (byte)i });
                }
            }
        },
        tolerates: Tolerance.Any);

    [Theory]
    [EveryKernel]
    [Scenario(Scenarios.CancelledAccept)]
    public void Enumerations_that_are_cancelled_and_left_again_and_again_lose_no_client(TestedKernel kernel) => Run(
        kernel,
        async w =>
        {
            int clients = w.Rounds(50);
            Listener listener = Listener.Listen(Loopback, new ListenerOptions { AcceptQuota = 3 }, w.Loop);
            List<Connection> accepted = [];
            List<Connection> ours = [];
            Task connecting = ConnectAllAsync();
            for (int i = 0; accepted.Count != clients; i++)
            {
                using CancellationTokenSource source = new();
                Task taking = TakeAsync(i % 5, source.Token);
                await w.Turn(i % 4);
                source.Cancel();
                await taking;
            }

            await connecting;
            Assert.Equal(ours.Select(c => c.LocalEndPoint!.ToString()).Order(), accepted.Select(c => c.RemoteEndPoint!.ToString()).Order());
            Assert.Equal(0, w.Loop.Statistics.Orphans);
            Task rest = TakeAsync(int.MaxValue, CancellationToken.None);
            await listener.CloseAsync();
            await rest; // The close ends it without an exception.
            await Task.WhenAll(ours.Concat(accepted).Select(c => c.CloseAsync()));

            async Task TakeAsync(int most, CancellationToken token)
            {
                try
                {
                    await foreach (Connection connection in listener.AcceptAllAsync(token))
                    {
                        accepted.Add(connection);
                        if (most-- == 0)
                        {
                            break;
                        }
                    }
                }
                catch (OperationCanceledException e) when (e.CancellationToken == token)
                {
                }
            }

            async Task ConnectAllAsync()
            {
                for (int i = 0; i < clients; i++)
                {
                    ours.Add(await Connection.ConnectAsync(listener.LocalEndPoint!, w.Loop));
                }
            }
        },
        tolerates: Tolerance.Multishots | Tolerance.Cancels);

    [Theory]
    [EveryKernel]
    public void Clients_of_a_server_whose_machine_fails_are_served_or_told_and_nothing_is_left_behind(TestedKernel kernel) => Run(
        kernel,
        async w =>
        {
            int clients = w.Rounds(20);
            int served = 0;
            int told = 0;
            Listener? made = null;
            while (!await TryAsync(() => Task.FromResult(made = Listener.Listen(Loopback, null, w.Loop))))
            {
                await w.Loop.DelayAsync(TimeSpan.FromMilliseconds(1));
            }

            Listener listener = made!;
            List<Task> handlers = [];
            IDisposable accepting = listener.Accepts.Subscribe(new Recorder<Connection>(c => handlers.Add(TryAsync(() => EchoAsync(c)))));
            await Task.WhenAll(Enumerable.Range(0, clients).Select(async i =>
            {
                byte[] data = World.Pattern(2000, i);
                bool whole = await TryAsync(async () =>
                {
                    Connection client = await Connection.ConnectAsync(listener.LocalEndPoint!, w.Loop);
                    try
                    {
                        Task send = SendAndEndAsync(client, data);
                        byte[] echo = await ToEndAsync(client);
                        Assert.True(data.AsSpan().StartsWith(echo), "The echo is of something else.");
                        await send;
                    }
                    finally
                    {
                        await client.CloseAsync();
                    }
                });
                served += whole ? 1 : 0;
                told += whole ? 0 : 1;
            }));
            accepting.Dispose();
            await listener.CloseAsync();
            await Task.WhenAll(handlers);
            Assert.Equal((clients, 0), w.Seed == 0 ? (served, told) : (served + told, 0)); // Without a seed nothing fails.
        },
        tolerates: Tolerance.Any | Tolerance.Errors);

    [Theory]
    [EveryKernel]
    public void Files_of_a_machine_whose_disk_fails_hold_what_was_written_or_the_writer_was_told(TestedKernel kernel) => Run(
        kernel,
        async w =>
        {
            for (int i = 0; i < w.Rounds(20); i++)
            {
                byte[] data = World.Pattern(3000, i + w.Seed);
                byte[] read = [];
                bool written = await TryAsync(async () =>
                {
                    DispatchFile file = await DispatchFile.OpenAsync(w[$"f{i}"], new FileOpenOptions { Mode = FileMode.Create, Access = FileAccess.ReadWrite }, w.Loop);
                    try
                    {
                        await file.WriteAsync(data, 0);
                        await file.FlushAsync();
                    }
                    finally
                    {
                        await file.CloseAsync();
                    }
                });
                bool wasRead = written && await TryAsync(async () =>
                {
                    DispatchFile file = await DispatchFile.OpenAsync(w[$"f{i}"], null, w.Loop);
                    try
                    {
                        read = new byte[data.Length];
                        for (int done = 0; done < read.Length;)
                        {
                            int got = await file.ReadAsync(read.AsMemory(done), done);
                            Assert.NotEqual(0, got);
                            done += got;
                        }
                    }
                    finally
                    {
                        await file.CloseAsync();
                    }
                });
                Assert.True(wasRead || w.Seed != 0, $"File {i} could not be written and read."); // Without a seed nothing fails.
                Assert.True(!wasRead || data.AsSpan().SequenceEqual(read), $"File {i} holds something else.");
            }
        },
        tolerates: Tolerance.Any | Tolerance.Errors);

    private static async Task ServeAsync(Listener listener, int clients)
    {
        List<Task> handlers = [];
        for (int i = 0; i < clients; i++)
        {
            handlers.Add(EchoAsync(await listener.AcceptAsync()));
        }

        await Task.WhenAll(handlers);
    }

    private static async Task EchoAsync(Connection connection)
    {
        try
        {
            while (true)
            {
                using BufferLease lease = await connection.ReceiveAsync();
                if (lease.IsEmpty)
                {
                    break;
                }

                await connection.SendAsync(lease);
            }

            await connection.ShutdownAsync();
        }
        finally
        {
            await connection.CloseAsync();
        }
    }

    private static async Task SendAndEndAsync(Connection connection, byte[] data)
    {
        await connection.SendAsync(data);
        await connection.ShutdownAsync();
    }

    private static async Task<byte[]> ToEndAsync(Connection connection)
    {
        MemoryStream all = new();
        while (true)
        {
            using BufferLease lease = await connection.ReceiveAsync();
            if (lease.IsEmpty)
            {
                return all.ToArray();
            }

            all.Write(lease.Span);
        }
    }

    private static async Task<byte[]> ExactlyAsync(Connection connection, int count)
    {
        byte[] all = new byte[count];
        for (int done = 0; done < count;)
        {
            int got = await connection.ReceiveAsync(all.AsMemory(done));
            Assert.NotEqual(0, got);
            done += got;
        }

        return all;
    }

    /// <summary>Says whether it succeeded, or failed as devices and peers fail.</summary>
    private static async Task<bool> TryAsync(Func<Task> work)
    {
        try
        {
            await work();
            return true;
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException or OperationCanceledException)
        {
            return false;
        }
    }
}
