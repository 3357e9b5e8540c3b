namespace Dispatch.Tests;

/// <summary>Too few receive buffers: nobody loses a byte, nobody is forgotten, and the pool grows where it may.</summary>
public sealed class BufferShortageTests
{
    [Fact]
    public Task Four_buffers_serve_a_hundred_connections() => LoopHost.OnLoop(
        async loop =>
        {
            const int Count = 100;
            const int Each = 20_000;
            (Connection Ours, Connection Theirs)[] pairs = [.. Enumerable.Range(0, Count).Select(_ => Pairs.Local(loop))];
            int[] got = new int[Count];
            int[] least = new int[1];
            Task[] readers = [.. pairs.Select((p, i) => ReadAsync(i))];
            Task[] writers = [.. pairs.Select((p, i) => WriteAsync(i))];
            await Task.WhenAll(writers);
            await Task.WhenAll(readers);

            Assert.All(got, n => Assert.Equal(Each, n));
            Assert.NotEqual(0, loop.Statistics.BufferStarvations);
            Assert.Equal(4, loop.Engine.ReceiveBuffers.Count);
            Assert.Equal(0, loop.Engine.ReceiveBuffers.Leased);
            foreach ((Connection ours, Connection theirs) in pairs)
            {
                await ours.CloseAsync();
                await theirs.CloseAsync();
            }

            async Task ReadAsync(int i)
            {
                byte[] expected = Receiving.Pattern(Each, i);
                while (true)
                {
                    using BufferLease lease = await pairs[i].Ours.ReceiveAsync();
                    if (lease.IsEmpty)
                    {
                        return;
                    }

                    Assert.True(lease.Span.SequenceEqual(expected.AsSpan(got[i], lease.Length)), $"connection {i} at {got[i]}");
                    got[i] += lease.Length;
                    await Receiving.TurnAsync(loop); // Holds on to the buffer for a turn, so that there is a shortage.
                }
            }

            async Task WriteAsync(int i)
            {
                byte[] data = Receiving.Pattern(Each, i);
                for (int at = 0; at < Each; at += 1000)
                {
                    await pairs[i].Theirs.SendAsync(data.AsMemory(at, 1000));
                }

                await pairs[i].Theirs.ShutdownAsync();
            }
        },
        o =>
        {
            o.ReceiveBufferCount = o.MaxReceiveBufferCount = 4;
            o.ReceiveBufferSize = 512;
        });

    [Fact]
    public Task Four_buffers_serve_a_hundred_observers() => LoopHost.OnLoop(
        async loop =>
        {
            const int Count = 100;
            byte[] data = Receiving.Pattern(50_000);
            List<(Connection Ours, Connection Theirs, Recorder<BufferLease> Recorder, List<byte> Received)> all = [];
            for (int i = 0; i < Count; i++)
            {
                (Connection ours, Connection theirs) = Pairs.Local(loop);
                List<byte> received = [];
                Recorder<BufferLease> recorder = new(lease => received.AddRange(lease.Span));
                ours.Received.Subscribe(recorder);
                all.Add((ours, theirs, recorder, received));
            }

            await Task.WhenAll(all.Select(async a =>
            {
                await a.Theirs.SendAsync(data);
                await a.Theirs.ShutdownAsync();
                await a.Recorder.Ended;
            }));

            Assert.All(all, a => Assert.Equal(1, a.Recorder.Completions));
            Assert.All(all, a => Assert.True(data.AsSpan().SequenceEqual(a.Received.ToArray())));
            await Task.WhenAll(all.SelectMany(a => new[] { a.Ours.CloseAsync(), a.Theirs.CloseAsync() }));
        },
        o =>
        {
            o.ReceiveBufferCount = o.MaxReceiveBufferCount = 4;
            o.ReceiveBufferSize = 512;
        });

    [Fact]
    public Task Idle_connections_that_wait_for_a_buffer_do_not_stand_before_one_with_data() => LoopHost.OnLoop(
        async loop =>
        {
            // The only buffer is out while a hundred connections begin to receive: the kernel refuses all of them, data or not.
            (Connection holder, Connection feeder) = Pairs.Local(loop);
            await feeder.SendAsync("x"u8.ToArray());
            BufferLease held = await holder.ReceiveAsync();
            (Connection Ours, Connection Theirs)[] idle = [.. Enumerable.Range(0, 100).Select(_ => Pairs.Local(loop))];
            Task<BufferLease>[] waiting = [.. idle.Select(p => p.Ours.ReceiveAsync().AsTask())];
            (Connection busy, Connection sender) = Pairs.Local(loop);
            Task<BufferLease> wanted = busy.ReceiveAsync().AsTask();
            await sender.SendAsync("data"u8.ToArray());
            await Receiving.UntilAsync(loop, () => loop.Statistics.BufferStarvations >= 101);

            held.Dispose(); // One buffer comes back, once. The first in line have no use for it.

            using (BufferLease lease = await wanted)
            {
                Assert.Equal("data"u8.ToArray(), lease.ToArray());
            }

            foreach ((Connection _, Connection theirs) in idle)
            {
                await theirs.SendAsync("y"u8.ToArray());
            }

            await Task.WhenAll(waiting.Select(DisposeAsync));

            await Task.WhenAll(idle.SelectMany(p => new[] { p.Ours.CloseAsync(), p.Theirs.CloseAsync() }));
            await Task.WhenAll(holder.CloseAsync(), feeder.CloseAsync(), busy.CloseAsync(), sender.CloseAsync());
        },
        o => o.ReceiveBufferCount = o.MaxReceiveBufferCount = 1);

    [Fact]
    public Task A_cancelled_waiter_takes_no_buffer_from_those_behind_it() => LoopHost.OnLoop(
        async loop =>
        {
            (Connection holder, Connection feeder) = Pairs.Local(loop);
            await feeder.SendAsync("x"u8.ToArray());
            BufferLease held = await holder.ReceiveAsync();
            (Connection first, Connection firstPeer) = Pairs.Local(loop);
            using CancellationTokenSource source = new();
            Task<BufferLease> given = first.ReceiveAsync(source.Token).AsTask();
            await Receiving.UntilAsync(loop, () => loop.Statistics.BufferStarvations == 1);
            await source.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => given);

            // The same connection waits again, in front of another one: it stands in the line twice.
            Task<BufferLease> again = first.ReceiveAsync().AsTask();
            (Connection second, Connection secondPeer) = Pairs.Local(loop);
            Task<BufferLease> behind = second.ReceiveAsync().AsTask();
            await firstPeer.SendAsync("a"u8.ToArray());
            await secondPeer.SendAsync("b"u8.ToArray());
            await Receiving.UntilAsync(loop, () => loop.Statistics.BufferStarvations >= 3);
            held.Dispose();
            await Task.WhenAll(DisposeAsync(again), DisposeAsync(behind));

            await Task.WhenAll(holder.CloseAsync(), feeder.CloseAsync(), first.CloseAsync(), firstPeer.CloseAsync(), second.CloseAsync(), secondPeer.CloseAsync());
        },
        o => o.ReceiveBufferCount = o.MaxReceiveBufferCount = 1);

    [Fact]
    public Task A_shortage_that_lasts_costs_no_turns() => LoopHost.OnLoop(
        async loop =>
        {
            (Connection holder, Connection feeder) = Pairs.Local(loop);
            await feeder.SendAsync("x"u8.ToArray());
            BufferLease held = await holder.ReceiveAsync();
            (Connection waiter, Connection peer) = Pairs.Local(loop);
            Task<BufferLease> pending = waiter.ReceiveAsync().AsTask();
            await Receiving.UntilAsync(loop, () => loop.Statistics.BufferStarvations == 1);
            long starvations = loop.Statistics.BufferStarvations;
            await peer.SendAsync("y"u8.ToArray());
            await Receiving.TurnAsync(loop, 100);

            Assert.Equal(starvations, loop.Statistics.BufferStarvations);
            held.Dispose();
            (await pending).Dispose();
            await Task.WhenAll(holder.CloseAsync(), feeder.CloseAsync(), waiter.CloseAsync(), peer.CloseAsync());
        },
        o => o.ReceiveBufferCount = o.MaxReceiveBufferCount = 1);

    [Fact]
    public Task The_pool_grows_to_its_limit_and_not_beyond() => LoopHost.OnLoop(
        async loop =>
        {
            (Connection Ours, Connection Theirs)[] pairs = [.. Enumerable.Range(0, 64).Select(_ => Pairs.Local(loop))];
            List<BufferLease> leases = [];
            for (int i = 0; i < 16; i++)
            {
                await pairs[i].Theirs.SendAsync("x"u8.ToArray());
                leases.Add(await pairs[i].Ours.ReceiveAsync());
            }

            Assert.Equal(16, loop.Engine.ReceiveBuffers.Count);
            Task<BufferLease>[] more = [.. pairs[16..].Select(p => p.Ours.ReceiveAsync().AsTask())];
            foreach ((Connection _, Connection theirs) in pairs[16..])
            {
                await theirs.SendAsync("y"u8.ToArray());
            }

            await Receiving.TurnAsync(loop, 5);
            Assert.Equal(16, loop.Engine.ReceiveBuffers.Count);
            Assert.All(more, t => Assert.False(t.IsCompleted));
            Assert.All(leases, l => Assert.Equal("x"u8.ToArray(), l.ToArray()));
            foreach (BufferLease lease in leases)
            {
                lease.Dispose();
            }

            await Task.WhenAll(more.Select(DisposeAsync));

            Assert.Equal(0, loop.Engine.ReceiveBuffers.Leased);
            await Task.WhenAll(pairs.SelectMany(p => new[] { p.Ours.CloseAsync(), p.Theirs.CloseAsync() }));
        },
        o =>
        {
            o.ReceiveBufferCount = 2;
            o.MaxReceiveBufferCount = 16;
        });

    [Fact]
    public Task A_loop_that_ends_tells_those_who_wait_for_a_buffer() => LoopHost.Beside(
        async loop =>
        {
            Task<BufferLease> pending = null!;
            Recorder<BufferLease> recorder = new();
            await loop.InvokeAsync(async () =>
            {
                (Connection holder, Connection feeder) = Pairs.Local(loop);
                await feeder.SendAsync("x"u8.ToArray());
                _ = await holder.ReceiveAsync();
                (Connection waiter, Connection _) = Pairs.Local(loop);
                pending = waiter.ReceiveAsync().AsTask();
                (Connection observed, Connection _) = Pairs.Local(loop);
                observed.Received.Subscribe(recorder);
                await Receiving.UntilAsync(loop, () => loop.Statistics.BufferStarvations == 2);
            });

            await loop.DisposeAsync();

            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => pending);
            await recorder.Ended;
            Assert.Single(recorder.Errors);
        },
        o => o.ReceiveBufferCount = o.MaxReceiveBufferCount = 1);

    /// <summary>Each for itself: one that is awaited after others could hold the buffer that they wait for.</summary>
    private static async Task DisposeAsync(Task<BufferLease> lease) => (await lease).Dispose();
}
