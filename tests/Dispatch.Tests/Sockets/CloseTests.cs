using System.Net.Sockets;

namespace Dispatch.Tests;

/// <summary>The end of connections and listeners.</summary>
public sealed class CloseTests
{
    [Fact]
    public Task A_close_with_an_armed_receive_tells_the_peer() => LoopHost.OnLoop(async loop =>
    {
        (Connection ours, Socket theirs) = await Pairs.TcpAsync(loop);
        Task<BufferLease> pending = ours.ReceiveAsync().AsTask();
        await Receiving.TurnAsync(loop);
        Task<int> peer = Task.Run(() => theirs.Receive(new byte[1]));

        await ours.CloseAsync();

        Assert.Equal(0, await peer);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => pending);
        theirs.Dispose();
    });

    [Fact]
    public Task Closing_twice_and_from_everywhere_is_one_close() => LoopHost.OnLoop(async loop =>
    {
        for (int round = 0; round < 200; round++)
        {
            (Connection ours, Connection theirs) = Pairs.Tcp(loop);
            Task<BufferLease> pending = ours.ReceiveAsync().AsTask();
            Task foreign = Task.Run(ours.CloseAsync);
            Task first = ours.CloseAsync();
            Task second = ours.CloseAsync();
            await Task.WhenAll(first, second, foreign, ours.DisposeAsync().AsTask());

            Assert.True(ours.IsClosed);
            await Assert.ThrowsAsync<ObjectDisposedException>(() => pending);
            await theirs.CloseAsync();
        }
    });

    [Fact]
    public Task Sends_that_are_queued_are_finished_first() => LoopHost.OnLoop(async loop =>
    {
        (Connection ours, Connection theirs) = Pairs.Tcp(loop);
        byte[] data = Receiving.Pattern(1 << 20);
        Task[] sends = [.. Enumerable.Range(0, 16).Select(i => ours.SendAsync(data.AsMemory(i << 16, 1 << 16)).AsTask())];
        Task closing = ours.CloseAsync();

        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await ours.SendAsync("late"u8.ToArray()));
        Assert.Equal(data, await Receiving.ToEndAsync(theirs));
        await Task.WhenAll(sends);
        await closing;
        await theirs.CloseAsync();
    });

    [Fact]
    public Task An_abort_breaks_a_close_that_waits_for_a_peer_which_takes_nothing() => LoopHost.OnLoop(async loop =>
    {
        (Connection ours, Connection theirs) = Pairs.Tcp(loop);
        Task stuck = ours.SendAsync(new byte[8 << 20]).AsTask();
        Task closing = ours.CloseAsync();
        await Receiving.TurnAsync(loop, 3);
        Assert.False(closing.IsCompleted);

        ours.Abort();

        await closing;
        Assert.Equal(SocketError.ConnectionAborted, (await Assert.ThrowsAsync<SocketException>(() => stuck)).SocketErrorCode);
        await theirs.CloseAsync();
    });

    [Fact]
    public Task Requests_after_the_close_are_refused() => LoopHost.OnLoop(async loop =>
    {
        (Connection ours, Connection theirs) = Pairs.Tcp(loop);
        Listener listener = Listener.Listen(Pairs.Loopback);
        await ours.CloseAsync();
        await listener.CloseAsync();

        await Refused(async () => await ours.ReceiveAsync());
        await Refused(async () => await ours.ReceiveAsync(new byte[1]));
        await Refused(async () => await ours.SendAsync("x"u8.ToArray()));
        await Refused(async () => await ours.ShutdownAsync());
        await Refused(async () => await listener.AcceptAsync());
        await Refused(() => Task.FromResult(ours.Received.Subscribe(new Recorder<BufferLease>())));
        await Refused(() => Task.FromResult(listener.Accepts.Subscribe(new Recorder<Connection>())));
        await Refused(async () => await loop.ExecuteAsync(IoRequest.Receive(ours, new byte[1])));
        await theirs.CloseAsync();

        static async Task Refused(Func<Task> action) => await Assert.ThrowsAsync<ObjectDisposedException>(action);
    });

    [Fact]
    public Task A_request_that_a_user_made_on_the_connection_does_not_hold_up_its_close() => LoopHost.OnLoop(async loop =>
    {
        (Connection ours, Connection theirs) = Pairs.Tcp(loop);
        Task<int> receive = loop.ExecuteAsync(IoRequest.Receive(ours, new byte[10])).AsTask();
        Task<int> poll = loop.ExecuteAsync(IoRequest.Poll(ours, PollEvents.Readable)).AsTask();
        Recorder<Completion> recorder = new();
        loop.Observe(IoRequest.PollMultishot(ours, PollEvents.Readable)).Subscribe(recorder);
        await Receiving.TurnAsync(loop, 2);

        await ours.CloseAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => receive);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => poll);
        await recorder.Ended;
        Assert.Equal(-Errno.ECANCELED, recorder.Items[^1].Result);
        await theirs.CloseAsync();
    });

    [Fact]
    public Task A_number_is_not_reused_under_requests_that_wait_for_room() => LoopHost.OnLoop(
        async loop =>
        {
            for (int round = 0; round < 50; round++)
            {
                // The ring holds two: nearly everything waits in user memory while the descriptor is closed and the next ones are opened.
                (Connection ours, Connection theirs) = Pairs.Tcp(loop);
                List<Task> sends = [];
                for (int i = 0; i < 64; i++)
                {
                    sends.Add(ours.SendAsync("old "u8.ToArray()).AsTask());
                    sends.Add(loop.ExecuteAsync(IoRequest.Nop()).AsTask());
                }

                Task<int> request = loop.ExecuteAsync(IoRequest.Send(ours, "raw "u8.ToArray())).AsTask();
                Task closing = ours.CloseAsync();
                (Connection Next, Connection Peer)[] others = [.. Enumerable.Range(0, 4).Select(_ => Pairs.Tcp(loop))];
                Task<byte[]> all = Receiving.ToEndAsync(theirs);
                await Task.WhenAll(sends);
                await request;
                await closing;
                byte[] received = await all;
                Assert.Equal(65 * 4, received.Length);
                foreach ((Connection next, Connection peer) in others)
                {
                    await next.SendAsync("new"u8.ToArray());
                    await next.CloseAsync();
                    Assert.Equal("new"u8.ToArray(), await Receiving.ToEndAsync(peer));
                    await peer.CloseAsync();
                }

                await theirs.CloseAsync();
            }
        },
        o => o.SubmissionEntries = 2);

    [Fact]
    public Task Everything_cancelled_on_a_loop_ends_the_waits_and_not_the_connections() => LoopHost.OnLoop(async loop =>
    {
        await using Listener listener = Listener.Listen(Pairs.Loopback);
        (Connection ours, Connection theirs) = Pairs.Tcp(loop);
        (Connection watched, Connection watcher) = Pairs.Tcp(loop);
        Recorder<BufferLease> recorder = new();
        watched.Received.Subscribe(recorder);
        Task<BufferLease> receive = ours.ReceiveAsync().AsTask();
        Task<Connection> accept = listener.AcceptAsync().AsTask();
        await Receiving.TurnAsync(loop, 2);

        loop.CancelAll();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => receive);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => accept);
        await recorder.Ended;
        Assert.IsAssignableFrom<OperationCanceledException>(Assert.Single(recorder.Errors));
        await theirs.SendAsync("x"u8.ToArray());
        (await ours.ReceiveAsync()).Dispose();
        Connection client = await Connection.ConnectAsync(listener.LocalEndPoint!);
        Connection server = await listener.AcceptAsync();
        await Task.WhenAll(ours.CloseAsync(), theirs.CloseAsync(), watched.CloseAsync(), watcher.CloseAsync(), client.CloseAsync(), server.CloseAsync());
    });

    [Fact]
    public async Task A_loop_ends_with_everything_pending_and_tells_everyone()
    {
        Task<BufferLease> receive = null!;
        Task<Connection> accept = null!;
        Task send = null!;
        Task queued = null!;
        Recorder<BufferLease> received = new();
        Recorder<Connection> accepted = new();
        await LoopHost.OnLoop(async loop =>
        {
            (Connection ours, Connection _) = Pairs.Tcp(loop);
            (Connection watched, Connection _) = Pairs.Tcp(loop);
            receive = ours.ReceiveAsync().AsTask();
            send = ours.SendAsync(new byte[8 << 20]).AsTask();
            queued = ours.SendAsync(new byte[8]).AsTask();
            watched.Received.Subscribe(received);
            accept = Listener.Listen(Pairs.Loopback).AcceptAsync().AsTask();
            Listener.Listen(Pairs.Loopback).Accepts.Subscribe(accepted);
            await Receiving.TurnAsync(loop, 2);
        });

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => receive);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => send);
        await Assert.ThrowsAnyAsync<Exception>(() => queued);
        await Assert.ThrowsAnyAsync<ObjectDisposedException>(() => accept);
        Assert.True(received.Ended.IsCompleted);
        Assert.True(accepted.Ended.IsCompleted);
    }

    [Fact]
    public Task A_forgotten_connection_is_closed_by_the_collector() => LoopHost.OnLoop(async loop =>
    {
        int before = Descriptors.CountSockets();
        Forget(loop, 100);
        while (Descriptors.CountSockets() > before)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            await Receiving.TurnAsync(loop);
        }
    });

    [Fact]
    public Task Ten_thousand_connections_leave_nothing_behind() => LoopHost.OnLoop(async loop =>
    {
        string path = Pairs.UnixPath();
        UnixDomainSocketEndPoint address = new(path);
        await using Listener listener = Listener.Listen(address);
        await BatchAsync();
        int sockets = Descriptors.CountSockets();
        int slots = loop.Engine.Table.Count;
        for (int i = 0; i < 100; i++)
        {
            await BatchAsync();
        }

        // Fewer is no leak of these: the collector may close meanwhile what an earlier test forgot.
        Assert.InRange(Descriptors.CountSockets(), 0, sockets);
        Assert.InRange(loop.Engine.Table.Count, 0, slots + 16);
        Assert.Equal(0, loop.Engine.ReceiveBuffers.Leased);
        Assert.Equal(0, loop.Statistics.Orphans);
        File.Delete(path);

        async Task BatchAsync()
        {
            List<Task> servers = [];
            await Task.WhenAll(Enumerable.Range(0, 100).Select(async i =>
            {
                Connection client = await Connection.ConnectAsync(address);
                await client.SendAsync(BitConverter.GetBytes(i));
                Task<byte[]> answer = Receiving.ExactlyAsync(client, 4);
                if (i == 99)
                {
                    for (int n = 0; n < 100; n++)
                    {
                        servers.Add(ServeAsync(await listener.AcceptAsync()));
                    }
                }

                Assert.Equal(BitConverter.GetBytes(i), await answer);
                await client.CloseAsync();
            }));
            await Task.WhenAll(servers); // They close their ends after the clients have closed theirs.
        }

        static async Task ServeAsync(Connection server)
        {
            await server.SendAsync(await Receiving.ExactlyAsync(server, 4));
            Assert.True((await server.ReceiveAsync()).IsEmpty);
            await server.CloseAsync();
        }
    });

    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
    private static void Forget(EventLoop loop, int count)
    {
        for (int i = 0; i < count; i++)
        {
            _ = Pairs.Tcp(loop);
        }
    }
}
