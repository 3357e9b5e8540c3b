namespace Dispatch.Tests;

/// <summary>The life of received data: leases, and what is kept beyond them.</summary>
public sealed class LeaseTests
{
    [Fact]
    public Task A_lease_that_was_disposed_throws_at_every_access_and_at_no_second_dispose() => LoopHost.OnLoop(async loop =>
    {
        (Connection ours, Connection theirs) = Pairs.Local(loop);
        BufferLease lease = await OneAsync(ours, theirs, "first"u8.ToArray());
        BufferLease copy = lease;
        lease.Dispose();

        ObjectDisposedException e = Assert.Throws<ObjectDisposedException>(() => lease.Span.Length);
        Assert.Contains("Retain", e.Message, StringComparison.Ordinal);
        Assert.Throws<ObjectDisposedException>(() => copy.Span.Length);
        Assert.Throws<ObjectDisposedException>(() => lease.ToArray());
        Assert.Throws<ObjectDisposedException>(() => lease.Retain());

        // A second dispose, also of a copy, must not give back the buffer's next tenant.
        BufferLease next = await OneAsync(ours, theirs, "second"u8.ToArray());
        lease.Dispose();
        copy.Dispose();
        Assert.Equal("second"u8.ToArray(), next.ToArray());
        Assert.Equal(1, loop.Engine.ReceiveBuffers.Leased);
        Assert.NotEqual(lease, next);
        Assert.True(lease == copy);
        next.Dispose();
        Assert.Equal(0, loop.Engine.ReceiveBuffers.Leased);
        await ours.CloseAsync();
        await theirs.CloseAsync();
    });

    [Fact]
    public Task An_empty_lease_can_do_everything() => LoopHost.OnLoop(_ =>
    {
        BufferLease lease = default;
        Assert.True(lease.IsEmpty);
        Assert.Empty(lease.ToArray());
        using (RetainedBuffer retained = Keep(lease))
        {
            Assert.True(retained.Memory.IsEmpty);
            using System.Buffers.MemoryHandle pin = retained.Memory.Pin();
        }

        lease.Dispose();
        return Task.CompletedTask;
    });

    [Fact]
    public async Task Retained_data_survives_the_lease_the_connection_and_the_loop()
    {
        byte[] data = Receiving.Pattern(3000);
        RetainedBuffer kept = null!;
        await LoopHost.OnLoop(
            async loop =>
            {
                (Connection ours, Connection theirs) = Pairs.Local(loop);
                using (BufferLease lease = await OneAsync(ours, theirs, data))
                {
                    kept = lease.Retain();
                }

                // Other data goes through all other buffers meanwhile.
                for (int i = 0; i < 50; i++)
                {
                    (await OneAsync(ours, theirs, Receiving.Pattern(3000, i + 2))).Dispose();
                }

                Assert.Equal(data, kept.Memory.ToArray());
                Assert.Equal(1, loop.Engine.ReceiveBuffers.Leased);
                await ours.CloseAsync();
                await theirs.CloseAsync();
                Assert.Equal(data, kept.Memory.ToArray());
            },
            o => o.ReceiveBufferCount = o.MaxReceiveBufferCount = 4);

        Assert.Equal(data, kept.Memory.ToArray());
        Memory<byte> memory = kept.Memory;
        Dispose(kept);
        Dispose(kept);
        Assert.Throws<ObjectDisposedException>(() => memory.Span.Length);
    }

    [Fact]
    public Task A_retained_buffer_disposed_on_another_thread_comes_back() => LoopHost.OnLoop(async loop =>
    {
        (Connection ours, Connection theirs) = Pairs.Local(loop);
        for (int i = 0; i < 200; i++)
        {
            BufferLease lease = await OneAsync(ours, theirs, BitConverter.GetBytes(i));
            RetainedBuffer first = lease.Retain();
            RetainedBuffer second = lease.Retain();
            lease.Dispose();
            await Task.WhenAll(Task.Run(() => Check(first, i)), Task.Run(() => Check(second, i)));
        }

        await Receiving.UntilAsync(loop, () => loop.Engine.ReceiveBuffers.Leased == 0);
        await ours.CloseAsync();
        await theirs.CloseAsync();

        static void Check(RetainedBuffer retained, int expected)
        {
            Assert.Equal(BitConverter.GetBytes(expected), retained.Memory.ToArray());
            Dispose(retained);
        }
    });

    [Fact]
    public Task A_lease_disposed_on_another_thread_ends_there_and_then() => LoopHost.OnLoop(async loop =>
    {
        (Connection ours, Connection theirs) = Pairs.Local(loop);
        for (int i = 0; i < 200; i++)
        {
            BufferLease lease = await OneAsync(ours, theirs, "data"u8.ToArray());
            Thread other = new(() =>
            {
                lease.Dispose();
                Assert.Throws<ObjectDisposedException>(() => lease.Span.Length); // Although the owner has not heard of it yet.
                lease.Dispose();
            });
            other.Start();
            other.Join();
            Assert.Throws<ObjectDisposedException>(() => lease.Span.Length);
        }

        await Receiving.UntilAsync(loop, () => loop.Engine.ReceiveBuffers.Leased == 0);
        await ours.CloseAsync();
        await theirs.CloseAsync();
    });

    [Fact]
    public Task Of_many_threads_that_end_a_lease_one_does() => LoopHost.OnLoop(async loop =>
    {
        (Connection ours, Connection theirs) = Pairs.Local(loop);
        for (int i = 0; i < 300; i++)
        {
            BufferLease lease = await OneAsync(ours, theirs, "data"u8.ToArray());
            using Barrier barrier = new(2);
            Thread other = new(() =>
            {
                barrier.SignalAndWait();
                lease.Dispose();
            });
            other.Start();
            barrier.SignalAndWait();
            lease.Dispose();
            other.Join();
        }

        await Receiving.TurnAsync(loop, 3);
        Assert.Equal(0, loop.Engine.ReceiveBuffers.Leased);
        await ours.CloseAsync();
        await theirs.CloseAsync();
    });

    [Fact]
    public Task A_retained_buffer_that_a_send_has_pinned_may_be_disposed() => LoopHost.OnLoop(
        async loop =>
        {
            (Connection ours, Connection theirs) = Pairs.Local(loop);
            (Connection sender, Connection reader) = Pairs.Local(loop);
            byte[] filler = new byte[1 << 20];
            byte[] data = Receiving.Pattern(4000);
            Task first = sender.SendAsync(filler).AsTask(); // Holds the rest up.
            RetainedBuffer kept;
            using (BufferLease lease = await OneAsync(ours, theirs, data))
            {
                kept = lease.Retain();
            }

            Task second = sender.SendAsync(kept.Memory).AsTask();
            Dispose(kept);
            for (int i = 0; i < 20; i++)
            {
                (await OneAsync(ours, theirs, Receiving.Pattern(4000, i + 2))).Dispose();
            }

            await Receiving.ExactlyAsync(reader, filler.Length);
            Assert.Equal(data, await Receiving.ExactlyAsync(reader, data.Length));
            await first;
            await second;
            await Task.WhenAll(ours.CloseAsync(), theirs.CloseAsync(), sender.CloseAsync(), reader.CloseAsync());
            Assert.Equal(0, loop.Engine.ReceiveBuffers.Leased);
        },
        o => o.ReceiveBufferCount = o.MaxReceiveBufferCount = 8);

    [Fact]
    public async Task A_lease_still_held_when_its_loop_ends_throws_from_then_on()
    {
        BufferLease lease = default;
        await LoopHost.OnLoop(async loop =>
        {
            (Connection ours, Connection theirs) = Pairs.Local(loop);
            lease = await OneAsync(ours, theirs, "data"u8.ToArray());
        });

        Assert.Throws<ObjectDisposedException>(() => lease.Span.Length);
        Assert.Throws<ObjectDisposedException>(() => lease.Retain());
        lease.Dispose();
    }

    [Fact]
    public Task Raw_receives_share_the_buffers() => LoopHost.OnLoop(async loop =>
    {
        (Connection ours, Connection theirs) = Pairs.Local(loop);
        List<byte> received = [];
        Recorder<Completion> recorder = new(c =>
        {
            if (c.BufferId >= 0)
            {
                using BufferLease lease = loop.TakeBuffer(c);
                received.AddRange(lease.Span);
            }
        });
        loop.Observe(IoRequest.ReceiveMultishot(ours)).Subscribe(recorder);
        await theirs.SendAsync("raw"u8.ToArray());
        await theirs.ShutdownAsync();
        await recorder.Ended;

        Assert.Equal("raw"u8.ToArray(), received);
        Assert.Equal(0, loop.Engine.ReceiveBuffers.Leased);
        await ours.CloseAsync();
        await theirs.CloseAsync();
    });

    private static async Task<BufferLease> OneAsync(Connection to, Connection from, byte[] data)
    {
        await from.SendAsync(data);
        BufferLease lease = await to.ReceiveAsync();
        Assert.Equal(data.Length, lease.Length);
        return lease;
    }

    private static RetainedBuffer Keep(BufferLease lease) => lease.Retain();

    private static void Dispose(IDisposable retained) => retained.Dispose();
}
