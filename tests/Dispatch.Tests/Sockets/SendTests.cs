using System.Net.Sockets;

namespace Dispatch.Tests;

/// <summary>Sending: order, short sends, cancelling, peers that vanish.</summary>
public sealed class SendTests
{
    [Fact]
    public Task Pipelined_sends_keep_their_order_past_a_slow_reader_and_short_sends() => LoopHost.OnLoop(async loop =>
    {
        (Socket first, Socket second) = Sockets(small: true);
        Connection ours = Connection.Adopt(first);
        Random random = new(5);
        byte[][] messages = [.. Enumerable.Range(0, 400).Select(i => Receiving.Pattern(random.Next(1, 20_000), i))];
        byte[] expected = [.. messages.SelectMany(m => m)];
        Task<byte[]> reading = Task.Run(() => ReadSlowly(second, expected.Length));
        Task[] sends = [.. messages.Select(m => ours.SendAsync(m).AsTask())];
        await Task.WhenAll(sends);

        Assert.Equal(expected, await reading);
        await ours.CloseAsync();
        first.Dispose();
        second.Dispose();
    });

    [Fact]
    public Task One_large_send_goes_on_after_every_short_one() => LoopHost.OnLoop(async loop =>
    {
        (Socket first, Socket second) = Sockets(small: true);
        Connection ours = Connection.Adopt(first);
        byte[] data = Receiving.Pattern(4 << 20);
        Task<byte[]> reading = Task.Run(() => ReadSlowly(second, data.Length));
        await ours.SendAsync(data);

        byte[] read = await reading;
        Assert.True(data.AsSpan().SequenceEqual(read));
        await ours.CloseAsync();
        first.Dispose();
        second.Dispose();
    });

    [Fact]
    public Task An_empty_send_completes_at_once() => LoopHost.OnLoop(async loop =>
    {
        (Connection ours, Connection theirs) = Pairs.Local(loop);

        Assert.True(ours.SendAsync(ReadOnlyMemory<byte>.Empty).AsTask().IsCompletedSuccessfully);
        Assert.True(ours.SendAsync(default(BufferLease)).AsTask().IsCompletedSuccessfully);

        await ours.CloseAsync();
        await theirs.CloseAsync();
    });

    [Fact]
    public Task A_cancelled_send_ends_and_later_ones_find_the_connection_broken() => LoopHost.OnLoop(async loop =>
    {
        (Connection ours, Connection theirs) = Pairs.Local(loop); // Nobody reads at the other end.
        using CancellationTokenSource source = new();
        Task stuck = ours.SendAsync(new byte[8 << 20], source.Token).AsTask();
        Task behind = ours.SendAsync("behind"u8.ToArray()).AsTask();
        await Receiving.TurnAsync(loop, 3);
        Assert.False(stuck.IsCompleted);
        await source.CancelAsync();

        OperationCanceledException cancelled = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => stuck);
        SocketException queued = await Assert.ThrowsAsync<SocketException>(() => behind);
        SocketException later = await Assert.ThrowsAsync<SocketException>(async () => await ours.SendAsync("later"u8.ToArray()));

        Assert.Equal(source.Token, cancelled.CancellationToken);
        Assert.Equal(SocketError.ConnectionAborted, queued.SocketErrorCode);
        Assert.Equal(SocketError.ConnectionAborted, later.SocketErrorCode);
        await ours.CloseAsync();
        await theirs.CloseAsync();
    });

    [Fact]
    public Task A_send_cancelled_in_the_queue_sends_nothing() => LoopHost.OnLoop(async loop =>
    {
        (Connection ours, Connection theirs) = Pairs.Local(loop);
        byte[] large = Receiving.Pattern(2 << 20);
        using CancellationTokenSource source = new();
        Task first = ours.SendAsync(large).AsTask();
        Task second = ours.SendAsync("never"u8.ToArray(), source.Token).AsTask();
        await source.CancelAsync();

        Assert.Equal(large, await Receiving.ExactlyAsync(theirs, large.Length));
        await first;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        await ours.CloseAsync();
        Assert.Empty(await Receiving.ToEndAsync(theirs));
        await theirs.CloseAsync();
    });

    [Fact]
    public Task A_cancel_that_comes_when_the_send_is_over_does_not_reach_the_next() => LoopHost.OnLoop(async loop =>
    {
        (Connection ours, Connection theirs) = Pairs.Local(loop);
        using CancellationTokenSource source = new();

        // This code runs where completions are delivered: the send's is in the ring and comes next; the message of the token, which fires on another thread, is read after that.
        await Receiving.TurnAsync(loop);
        ValueTask sent = ours.SendAsync("one"u8.ToArray(), source.Token);
        loop.Engine.SubmitStaged();
        Thread other = new(source.Cancel);
        other.Start();
        other.Join();
        await Receiving.TurnAsync(loop, 3);
        try
        {
            await sent;
        }
        catch (OperationCanceledException)
        {
            Assert.Fail("The send had succeeded.");
        }

        await ours.SendAsync("two"u8.ToArray());

        Assert.Equal("onetwo"u8.ToArray(), await Receiving.ExactlyAsync(theirs, 6));
        await ours.CloseAsync();
        await theirs.CloseAsync();
    });

    [Fact]
    public Task A_peer_that_vanishes_mid_send_is_an_error_and_no_signal() => LoopHost.OnLoop(async loop =>
    {
        (Connection ours, Socket theirs) = await Pairs.TcpAsync(loop);
        Task stuck = ours.SendAsync(new byte[64 << 20]).AsTask();
        Task behind = ours.SendAsync(new byte[1]).AsTask();
        await Receiving.TurnAsync(loop, 3);
        theirs.LingerState = new LingerOption(true, 0);
        theirs.Dispose();

        SocketException first = await Assert.ThrowsAsync<SocketException>(() => stuck);
        SocketException second = await Assert.ThrowsAsync<SocketException>(() => behind);

        Assert.Contains(first.SocketErrorCode, new[] { SocketError.ConnectionReset, SocketError.Shutdown });
        Assert.Equal(first.SocketErrorCode, second.SocketErrorCode);
        await ours.CloseAsync();
    });

    [Fact]
    public Task An_abort_resets_the_peer_and_fails_what_is_being_sent() => LoopHost.OnLoop(async loop =>
    {
        (Connection ours, Socket theirs) = await Pairs.TcpAsync(loop);
        Task stuck = ours.SendAsync(new byte[64 << 20]).AsTask();
        Task behind = ours.SendAsync(new byte[1]).AsTask();
        Task<BufferLease> receiving = ours.ReceiveAsync().AsTask();
        await Receiving.TurnAsync(loop, 3);

        ours.Abort();
        ours.Abort();

        Assert.Equal(SocketError.ConnectionAborted, (await Assert.ThrowsAsync<SocketException>(() => stuck)).SocketErrorCode);
        Assert.Equal(SocketError.ConnectionAborted, (await Assert.ThrowsAsync<SocketException>(() => behind)).SocketErrorCode);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => receiving);
        await ours.CloseAsync();
        byte[] sink = new byte[1 << 20];
        SocketException reset = Assert.Throws<SocketException>(() =>
        {
            while (theirs.Receive(sink) != 0)
            {
            }
        });
        Assert.Equal(SocketError.ConnectionReset, reset.SocketErrorCode);
        theirs.Dispose();
    });

    [Fact]
    public Task A_lease_may_be_disposed_while_it_is_being_sent() => LoopHost.OnLoop(
        async loop =>
        {
            // Two buffers: one that were given back too early would be overwritten at once.
            (Connection source, Connection ours) = Pairs.Local(loop);
            (Connection out1, Connection sink) = Pairs.Local(loop);
            byte[] data = Receiving.Pattern(512 * 200);
            Task<byte[]> reading = Receiving.ExactlyAsync(sink, data.Length);
            Task sending = source.SendAsync(data).AsTask();
            int sent = 0;
            while (sent < data.Length)
            {
                Task forwarded;
                using (BufferLease lease = await ours.ReceiveAsync())
                {
                    sent += lease.Length;
                    forwarded = out1.SendAsync(lease).AsTask();
                }

                await forwarded;
            }

            await sending;
            Assert.Equal(data, await reading);
            await Task.WhenAll(source.CloseAsync(), ours.CloseAsync(), out1.CloseAsync(), sink.CloseAsync());
            Assert.Equal(0, loop.Engine.ReceiveBuffers.Leased);
        },
        o =>
        {
            o.ReceiveBufferSize = 512;
            o.ReceiveBufferCount = o.MaxReceiveBufferCount = 4;
        });

    [Fact]
    public Task Memory_or_a_lease_that_has_gone_is_refused_and_costs_no_slot() => LoopHost.OnLoop(async loop =>
    {
        (Connection ours, Connection theirs) = Pairs.Local(loop);
        await theirs.SendAsync("x"u8.ToArray());
        BufferLease lease = await ours.ReceiveAsync();
        lease.Dispose();
        AlignedMemory gone = AlignedMemory.Allocate(10);
        Memory<byte> memory = gone.Memory;
        ((IDisposable)gone).Dispose();
        int before = -1;
        for (int i = 0; i < 100; i++)
        {
            await Assert.ThrowsAsync<ObjectDisposedException>(async () => await ours.SendAsync(lease));
            await Assert.ThrowsAsync<ObjectDisposedException>(async () => await ours.SendAsync(memory));
            before = before < 0 ? loop.Engine.Table.Count : before;
        }

        Assert.Equal(before, loop.Engine.Table.Count);
        await ours.SendAsync("y"u8.ToArray());
        await ours.CloseAsync();
        await theirs.CloseAsync();
    });

    [Fact]
    public Task Both_halves_close_on_their_own() => LoopHost.OnLoop(async loop =>
    {
        (Connection ours, Connection theirs) = await Pairs.TcpOnLoopAsync(loop);
        Task queued = ours.SendAsync(new byte[1 << 20]).AsTask();
        ValueTask shutdown = ours.ShutdownAsync(); // After the send before it.

        Assert.Equal(1 << 20, (await Receiving.ToEndAsync(theirs)).Length);
        await queued;
        await shutdown;
        SocketException refused = await Assert.ThrowsAsync<SocketException>(async () => await ours.SendAsync("z"u8.ToArray()));
        await theirs.SendAsync("still"u8.ToArray());
        await theirs.ShutdownAsync();

        Assert.Equal(SocketError.Shutdown, refused.SocketErrorCode);
        Assert.Equal("still"u8.ToArray(), await Receiving.ToEndAsync(ours));
        await ours.CloseAsync();
        await theirs.CloseAsync();
    });

    [Fact]
    public Task Shutting_down_the_receiving_half_ends_a_receive() => LoopHost.OnLoop(async loop =>
    {
        (Connection ours, Connection theirs) = await Pairs.TcpOnLoopAsync(loop);
        Task<BufferLease> pending = ours.ReceiveAsync().AsTask();
        await ours.ShutdownAsync(SocketShutdown.Receive);

        Assert.True((await pending).IsEmpty);
        await ours.SendAsync("out"u8.ToArray());
        Assert.Equal("out"u8.ToArray(), await Receiving.ExactlyAsync(theirs, 3));
        await ours.CloseAsync();
        await theirs.CloseAsync();
    });

    private static (Socket First, Socket Second) Sockets(bool small)
    {
        (int first, int second) = Pairs.Numbers();
        Socket a = new(new SafeSocketHandle(first, ownsHandle: true));
        Socket b = new(new SafeSocketHandle(second, ownsHandle: true));
        if (small)
        {
            a.SendBufferSize = 1; // The kernel makes it its least.
        }

        return (a, b);
    }

    private static byte[] ReadSlowly(Socket from, int length)
    {
        byte[] all = new byte[length];
        int done = 0;
        while (done < length)
        {
            int got = from.Receive(all.AsSpan(done, Math.Min(777, length - done)));
            Assert.NotEqual(0, got);
            done += got;
        }

        return all;
    }
}
