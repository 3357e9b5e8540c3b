namespace Dispatch.Conformance.Sockets;

/// <summary>Connections: what is built of several requests, and lives through what happens to each.</summary>
public sealed class ConnectionTests : KernelTests
{
    private static EventLoopOptions FourBuffers => new()
    {
        SubmissionEntries = 64,
        CompletionEntries = 256,
        ReceiveBufferCount = 4,
        MaxReceiveBufferCount = 4,
        ReceiveBufferSize = 512,
    };

    [Theory]
    [EveryKernel]
    [Scenario(Scenarios.BufferShortage)]
    public void Four_buffers_serve_many_connections_and_forget_none(TestedKernel kernel) => Run(
        kernel,
        async w =>
        {
            const int Each = 6000;
            int count = w.Rounds(40);
            (Connection Ours, Connection Theirs)[] pairs = [.. Enumerable.Range(0, count).Select(_ => w.Connections())];
            int[] got = new int[count];
            await Task.WhenAll([.. Enumerable.Range(0, count).Select(ReadAsync), .. Enumerable.Range(0, count).Select(WriteAsync)]);

            Assert.All(got, n => Assert.Equal(Each, n));
            Assert.True(w.Seed != 0 || w.Loop.Statistics.BufferStarvations != 0, "There was no shortage."); // Few seeds have none.
            Assert.Equal(0, w.Loop.Engine.ReceiveBuffers.Leased);
            Assert.InRange(w.Loop.Engine.ReceiveBuffers.Count, 1, 4);
            await Task.WhenAll(pairs.SelectMany(p => new[] { p.Ours.CloseAsync(), p.Theirs.CloseAsync() }));

            async Task ReadAsync(int i)
            {
                byte[] expected = World.Pattern(Each, i);
                while (true)
                {
                    using BufferLease lease = await pairs[i].Ours.ReceiveAsync();
                    if (lease.IsEmpty)
                    {
                        return;
                    }

                    Assert.True(lease.Span.SequenceEqual(expected.AsSpan(got[i], lease.Length)), $"connection {i} at {got[i]}");
                    got[i] += lease.Length;
                    await w.Turn(); // Holds on to the buffer for a turn, so that there is a shortage.
                }
            }

            async Task WriteAsync(int i)
            {
                byte[] data = World.Pattern(Each, i);
                for (int at = 0; at < Each; at += 500)
                {
                    await pairs[i].Theirs.SendAsync(data.AsMemory(at, 500));
                }

                await pairs[i].Theirs.ShutdownAsync();
            }
        },
        FourBuffers,
        Tolerance.Any);

    [Theory]
    [EveryKernel]
    [Scenario(Scenarios.BufferShortage)]
    public void Idle_connections_that_wait_for_a_buffer_do_not_stand_before_one_with_data(TestedKernel kernel) => Run(
        kernel,
        async w =>
        {
            // The only buffer is out while the others begin to receive: the kernel refuses all of them, data or not.
            (Connection holder, Connection feeder) = w.Connections();
            await feeder.SendAsync("x"u8.ToArray());
            BufferLease held = await holder.ReceiveAsync();
            (Connection Ours, Connection Theirs)[] idle = [.. Enumerable.Range(0, w.Rounds(50)).Select(_ => w.Connections())];
            Task<BufferLease>[] waiting = [.. idle.Select(p => p.Ours.ReceiveAsync().AsTask())];
            (Connection busy, Connection sender) = w.Connections();
            Task<BufferLease> wanted = busy.ReceiveAsync().AsTask();
            await sender.SendAsync("d"u8.ToArray());
            await w.Turn(5);
            held.Dispose(); // One buffer comes back, once. The first in line have no use for it.
            (await wanted).Dispose();

            foreach ((Connection _, Connection theirs) in idle)
            {
                await theirs.SendAsync("y"u8.ToArray());
            }

            await Task.WhenAll(waiting.Select(async one => (await one).Dispose()));
            await Task.WhenAll(idle.SelectMany(p => new[] { p.Ours.CloseAsync(), p.Theirs.CloseAsync() }));
            await Task.WhenAll(holder.CloseAsync(), feeder.CloseAsync(), busy.CloseAsync(), sender.CloseAsync());
        },
        new EventLoopOptions { SubmissionEntries = 64, CompletionEntries = 256, ReceiveBufferCount = 1, MaxReceiveBufferCount = 1 },
        Tolerance.Any);

    [Theory]
    [EveryKernel]
    [Scenario(Scenarios.MultishotEnds)]
    public void A_stream_whose_receive_ends_again_and_again_has_no_gap_and_no_repeat(TestedKernel kernel) => Run(
        kernel,
        async w =>
        {
            int count = w.Rounds(30);
            byte[] data = World.Pattern(10_000, w.Seed);
            List<(Connection Ours, Connection Theirs, Recorder<BufferLease> Items, List<byte> Received)> all = [];
            for (int i = 0; i < count; i++)
            {
                (Connection ours, Connection theirs) = w.Connections();
                List<byte> received = [];
                Recorder<BufferLease> items = new(lease => received.AddRange(lease.Span));
                ours.Received.Subscribe(items);
                all.Add((ours, theirs, items, received));
            }

            await Task.WhenAll(all.Select(async a =>
            {
                await a.Theirs.SendAsync(data);
                await a.Theirs.ShutdownAsync();
            }));
            await w.TurnUntil(() => all.TrueForAll(a => a.Items.IsCompleted));
            Assert.All(all, a => Assert.True(data.AsSpan().SequenceEqual(a.Received.ToArray())));
            await Task.WhenAll(all.SelectMany(a => new[] { a.Ours.CloseAsync(), a.Theirs.CloseAsync() }));
        },
        new EventLoopOptions { SubmissionEntries = 4, CompletionEntries = 8, ReceiveBufferCount = 4, MaxReceiveBufferCount = 4, ReceiveBufferSize = 512 },
        Tolerance.Any);

    [Theory]
    [EveryKernel]
    [Scenario(Scenarios.CloseSendsEnd)]
    public void A_close_with_a_receive_pending_tells_the_peer(TestedKernel kernel) => Run(kernel, tolerates: Tolerance.Any, body: async w =>
    {
        (int listener, System.Net.EndPoint endPoint) = w.Listen();
        Task<int> accept = w.Do(IoRequest.Accept(listener));
        int client = await w.Do(IoRequest.Socket(2, 1 | 0x80000));
        Assert.Equal(0, await w.Do(IoRequest.Connect(client, endPoint)));
        Connection ours = w.Connect(await accept, System.Net.Sockets.AddressFamily.InterNetwork);
        Task<BufferLease> pending = ours.ReceiveAsync().AsTask();
        await w.Turn(2);
        Task<int> peer = w.Do(IoRequest.Receive(client, new byte[1]));
        await ours.CloseAsync();
        Assert.Equal(0, await peer);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => pending);
        await w.Close(client, listener);
    });

    [Theory]
    [EveryKernel]
    [Scenario(Scenarios.NumberReused)]
    public void A_number_is_not_reused_under_requests_that_wait_for_room(TestedKernel kernel) => Run(
        kernel,
        async w =>
        {
            for (int round = 0; round < w.Rounds(20); round++)
            {
                // The ring holds two: nearly everything waits in user memory while the descriptor is closed and the next ones are made.
                (Connection ours, Connection theirs) = w.Connections();
                List<Task> sends = [];
                for (int i = 0; i < 32; i++)
                {
                    sends.Add(ours.SendAsync("old "u8.ToArray()).AsTask());
                    sends.Add(w.Loop.ExecuteAsync(IoRequest.Nop()).AsTask());
                }

                Task closing = ours.CloseAsync();
                (Connection Next, Connection Peer)[] others = [.. Enumerable.Range(0, 4).Select(_ => w.Connections())];
                Task<byte[]> all = ToEndAsync(theirs);
                await Task.WhenAll(sends);
                await closing;
                Assert.Equal(Enumerable.Repeat("old "u8.ToArray(), 32).SelectMany(b => b), await all);
                foreach ((Connection next, Connection peer) in others)
                {
                    await next.SendAsync("new"u8.ToArray());
                    await next.CloseAsync();
                    Assert.Equal("new"u8.ToArray(), await ToEndAsync(peer));
                    await peer.CloseAsync();
                }

                await theirs.CloseAsync();
            }
        },
        new EventLoopOptions { SubmissionEntries = 2, CompletionEntries = 16 },
        Tolerance.Any);

    [Theory]
    [EveryKernel]
    [Scenario(Scenarios.CancelledReceive)]
    public void Bytes_of_a_receive_that_succeeded_although_it_was_cancelled_go_to_the_next_reader(TestedKernel kernel) => Run(kernel, tolerates: Tolerance.Any, body: async w =>
    {
        (Connection ours, Connection theirs) = w.Connections();
        List<byte> got = [];
        int rounds = w.Rounds(200);
        for (int i = 0; i < rounds; i++)
        {
            using CancellationTokenSource source = new();
            Task<BufferLease> receive = ours.ReceiveAsync(source.Token).AsTask();
            await w.Turn(i % 2);
            Task send = theirs.SendAsync(new byte[] { (byte)i }).AsTask();
            await w.Turn(i % 3);
            source.Cancel();
            await send;
            try
            {
                using BufferLease lease = await receive;
                got.AddRange(lease.Span);
            }
            catch (OperationCanceledException)
            {
            }
        }

        await theirs.ShutdownAsync();
        got.AddRange(await ToEndAsync(ours));
        Assert.Equal(Enumerable.Range(0, rounds).Select(i => (byte)i), got);
        await ours.CloseAsync();
        await theirs.CloseAsync();
    });

    [Theory]
    [EveryKernel]
    [Scenario(Scenarios.DisposeInOnNext)]
    public void A_subscription_disposed_in_OnNext_gets_nothing_more_and_the_rest_stays_for_the_next_reader(TestedKernel kernel) => Run(kernel, tolerates: Tolerance.Any, body: async w =>
    {
        (Connection ours, Connection theirs) = w.Connections();
        byte[] data = World.Pattern(20_000, w.Seed);
        List<byte> got = [];
        IDisposable? subscription = null;
        Recorder<BufferLease> items = new(lease =>
        {
            got.AddRange(lease.Span);
            subscription!.Dispose();
        });
        subscription = ours.Received.Subscribe(items);
        await theirs.SendAsync(data);
        await theirs.ShutdownAsync();
        await w.TurnUntil(() => items.Items.Count != 0);
        await w.Turn(5);
        Assert.Single(items.Items);
        Assert.False(items.IsCompleted);
        got.AddRange(await ToEndAsync(ours));
        Assert.True(data.AsSpan().SequenceEqual(got.ToArray()));
        await ours.CloseAsync();
        await theirs.CloseAsync();
    });

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
}
