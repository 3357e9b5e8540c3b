using System.Net.Sockets;

namespace Dispatch.Tests;

/// <summary>Awaited receives.</summary>
public sealed class ReceiveTests
{
    [Fact]
    public Task Bytes_arrive_as_they_were_sent_and_then_the_end() => LoopHost.OnLoop(async loop =>
    {
        (Connection ours, Socket theirs) = await Pairs.TcpAsync(loop);
        byte[] data = Receiving.Pattern(1 << 20);
        Task sending = Task.Run(() =>
        {
            theirs.Send(data);
            theirs.Shutdown(SocketShutdown.Send);
        });

        byte[] received = await Receiving.ToEndAsync(ours);
        await sending;

        Assert.Equal(data, received);
        Assert.True((await ours.ReceiveAsync()).IsEmpty, "The end of the stream stays the end of the stream.");
        Assert.Equal(0, await ours.ReceiveAsync(new byte[1]));
        await ours.CloseAsync();
        theirs.Dispose();
    });

    [Fact]
    public Task A_receive_into_memory_leaves_the_rest_of_the_buffer_to_the_next() => LoopHost.OnLoop(async loop =>
    {
        (Connection ours, Connection theirs) = Pairs.Tcp(loop);
        byte[] data = Receiving.Pattern(3000);
        await theirs.SendAsync(data);
        List<byte> received = [];
        byte[] piece = new byte[7];
        for (int i = 0; i < 5; i++)
        {
            int got = await ours.ReceiveAsync(piece);
            Assert.Equal(7, got);
            received.AddRange(piece[..got]);
        }

        using (BufferLease rest = await ours.ReceiveAsync())
        {
            Assert.Equal(3000 - 35, rest.Length);
            received.AddRange(rest.ToArray());
        }

        Assert.Equal(data, received);
        Assert.Equal(0, loop.Engine.ReceiveBuffers.Leased);
        await ours.CloseAsync();
        await theirs.CloseAsync();
    });

    [Fact]
    public Task The_rest_of_a_buffer_comes_before_what_arrived_after_it() => LoopHost.OnLoop(
        async loop =>
        {
            (Connection ours, Connection theirs) = Pairs.Tcp(loop);
            byte[] data = Receiving.Pattern(10_000);
            await theirs.SendAsync(data); // Many buffers: they queue behind the first one.
            byte[] received = new byte[data.Length];
            int done = await ours.ReceiveAsync(received.AsMemory(0, 1));
            await Receiving.UntilAsync(loop, () => loop.Engine.ReceiveBuffers.Leased > 10);
            int step = 0;
            while (done < data.Length)
            {
                int wanted = Math.Min(((step++ * 37) % 150) + 1, data.Length - done);
                done += await ours.ReceiveAsync(received.AsMemory(done, wanted));
            }

            Assert.Equal(data, received);
            Assert.Equal(0, loop.Engine.ReceiveBuffers.Leased);
            await ours.CloseAsync();
            await theirs.CloseAsync();
        },
        o => o.ReceiveBufferSize = 128);

    [Fact]
    public Task An_empty_destination_is_refused() => LoopHost.OnLoop(async loop =>
    {
        (Connection ours, Connection theirs) = Pairs.Tcp(loop);

        await Assert.ThrowsAsync<ArgumentException>(async () => await ours.ReceiveAsync(Memory<byte>.Empty));

        await ours.CloseAsync();
        await theirs.CloseAsync();
    });

    [Fact]
    public Task A_second_receive_beside_a_pending_one_is_refused_and_harms_nothing() => LoopHost.OnLoop(async loop =>
    {
        (Connection ours, Connection theirs) = Pairs.Tcp(loop);
        Task<BufferLease> first = ours.ReceiveAsync().AsTask();

        await Assert.ThrowsAsync<InvalidOperationException>(async () => await ours.ReceiveAsync());
        Assert.Throws<InvalidOperationException>(() => ours.Received.Subscribe(new Recorder<BufferLease>()));
        await theirs.SendAsync("x"u8.ToArray());

        using BufferLease lease = await first;
        Assert.Equal("x"u8.ToArray(), lease.ToArray());
        await ours.CloseAsync();
        await theirs.CloseAsync();
    });

    [Fact]
    public Task A_cancelled_receive_loses_no_byte() => LoopHost.OnLoop(async loop =>
    {
        const int Rounds = 500;
        (Connection ours, Socket theirs) = await Pairs.TcpAsync(loop);
        using Barrier barrier = new(2);
        CancellationTokenSource[] sources = [.. Enumerable.Range(0, Rounds).Select(_ => new CancellationTokenSource())];
        Task sender = Task.Run(() =>
        {
            for (int i = 0; i < Rounds; i++)
            {
                barrier.SignalAndWait();
                theirs.Send(BitConverter.GetBytes(i));
            }

            theirs.Shutdown(SocketShutdown.Send);
        });
        Task canceller = Task.Run(() =>
        {
            for (int i = 0; i < Rounds; i++)
            {
                barrier.SignalAndWait();
                sources[i].Cancel();
            }
        });
        List<byte> received = [];
        int cancelled = 0;
        foreach (CancellationTokenSource source in sources)
        {
            try
            {
                using BufferLease lease = await ours.ReceiveAsync(source.Token);
                received.AddRange(lease.ToArray());
            }
            catch (OperationCanceledException e)
            {
                Assert.Equal(source.Token, e.CancellationToken);
                cancelled++;
            }
        }

        received.AddRange(await Receiving.ToEndAsync(ours));
        await sender;
        await canceller;

        Assert.Equal(Enumerable.Range(0, Rounds).SelectMany(BitConverter.GetBytes), received);
        Assert.NotEqual(0, cancelled);
        Assert.Equal(0, loop.Statistics.Orphans);
        await ours.CloseAsync();
        theirs.Dispose();
    });

    [Fact]
    public Task A_cancel_that_comes_when_the_receive_is_over_does_not_stop_the_next() => LoopHost.OnLoop(
        async loop =>
        {
            // The quota ends the multishot, so that nothing is in flight when the late cancel arrives.
            (Connection ours, Connection theirs) = Pairs.Tcp(loop);
            using CancellationTokenSource source = new();
            ValueTask<BufferLease> pending = ours.ReceiveAsync(source.Token);
            await theirs.SendAsync(new byte[64 * 200]);
            await Receiving.UntilAsync(loop, () => loop.Engine.ReceiveBuffers.Leased >= 1 && loop.Engine.UserInFlight == 0);

            // The result is there and not read yet; the token fires elsewhere, and its message comes home.
            Thread other = new(() => source.Cancel());
            other.Start();
            other.Join();
            await Receiving.TurnAsync(loop, 3);

            (await pending).Dispose();
            Task end = theirs.ShutdownAsync().AsTask();
            Assert.Equal(64 * 199, (await Receiving.ToEndAsync(ours)).Length);
            await end;
            await ours.CloseAsync();
            await theirs.CloseAsync();
        },
        o =>
        {
            o.ReceiveBufferSize = 64;
            o.ReceiveQuota = 1;
        });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public Task The_end_of_the_stream_is_found_although_it_came_before_the_last_bytes_were_read(bool tcp) => LoopHost.OnLoop(
        async loop =>
        {
            for (int round = 0; round < 20; round++)
            {
                (Connection ours, Connection theirs) = tcp ? Pairs.Tcp(loop) : Pairs.Local(loop);
                ValueTask<BufferLease> first = ours.ReceiveAsync();
                await theirs.SendAsync(new byte[64 * 200]);
                await theirs.ShutdownAsync();
                int length;
                using (BufferLease lease = await first)
                {
                    length = lease.Length;
                }

                Assert.Equal(64 * 200, length + (await Receiving.ToEndAsync(ours)).Length);
                await ours.CloseAsync();
                await theirs.CloseAsync();
            }
        },
        o => o.ReceiveBufferSize = 64);

    [Fact]
    public Task A_token_that_is_cancelled_already_leaves_the_data_to_the_next() => LoopHost.OnLoop(async loop =>
    {
        (Connection ours, Connection theirs) = Pairs.Tcp(loop);
        await theirs.SendAsync("data"u8.ToArray());

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await ours.ReceiveAsync(new CancellationToken(true)));

        using BufferLease lease = await ours.ReceiveAsync();
        Assert.Equal("data"u8.ToArray(), lease.ToArray());
        await ours.CloseAsync();
        await theirs.CloseAsync();
    });

    [Fact]
    public Task A_reset_by_the_peer_throws_and_goes_on_throwing() => LoopHost.OnLoop(async loop =>
    {
        (Connection ours, Socket theirs) = await Pairs.TcpAsync(loop);
        Task<BufferLease> pending = ours.ReceiveAsync().AsTask();
        theirs.LingerState = new LingerOption(true, 0);
        theirs.Dispose();

        SocketException first = await Assert.ThrowsAsync<SocketException>(() => pending);
        SocketException second = await Assert.ThrowsAsync<SocketException>(async () => await ours.ReceiveAsync());

        Assert.Equal(SocketError.ConnectionReset, first.SocketErrorCode);
        Assert.Equal(SocketError.ConnectionReset, second.SocketErrorCode);
        Assert.Contains("ECONNRESET", first.Message, StringComparison.Ordinal);
        await ours.CloseAsync();
    });

    [Fact]
    public Task Data_that_came_before_a_reset_is_received_before_the_error() => LoopHost.OnLoop(async loop =>
    {
        (Connection ours, Socket theirs) = await Pairs.TcpAsync(loop);
        using (BufferLease none = await Sending(() => theirs.Send("first"u8)))
        {
            Assert.Equal("first"u8.ToArray(), none.ToArray());
        }

        theirs.Send("last"u8);
        await Receiving.UntilAsync(loop, () => loop.Engine.ReceiveBuffers.Leased == 1); // It waits here, unread.
        theirs.LingerState = new LingerOption(true, 0);
        theirs.Dispose();
        await Receiving.UntilAsync(loop, () => loop.Engine.UserInFlight == 0); // The reset has come too.

        using (BufferLease lease = await ours.ReceiveAsync())
        {
            Assert.Equal("last"u8.ToArray(), lease.ToArray());
        }

        await Assert.ThrowsAsync<SocketException>(async () => await ours.ReceiveAsync());
        await ours.CloseAsync();

        ValueTask<BufferLease> Sending(Action send)
        {
            send();
            return ours.ReceiveAsync();
        }
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task A_reader_that_stops_closes_the_peers_window_and_loses_nothing(bool isLimitOfTheLoop) => LoopHost.OnLoop(
        async loop =>
        {
            const int Total = 32 << 20;
            byte[] data = Receiving.Pattern(Total);
            ConnectionOptions own = new() { ReceiveHighWaterMark = (7 * loop.Engine.Options.ReceiveBufferSize) + 1 };
            (Connection ours, Socket theirs) = await Pairs.TcpAsync(loop, options: isLimitOfTheLoop ? null : own);
            (await Sent(1)).Dispose();
            theirs.Blocking = false;
            int offset = 1;
            int idle = 0;
            while (idle < 50)
            {
                // Push until neither the kernel nor the loop takes any more.
                int sent = theirs.Send(data.AsSpan(offset), SocketFlags.None, out SocketError error);
                Assert.True(error is SocketError.Success or SocketError.WouldBlock, error.ToString());
                idle = error == SocketError.WouldBlock ? idle + 1 : 0;
                offset += error == SocketError.Success ? sent : 0;
                await Receiving.TurnAsync(loop);
            }

            int held = loop.Engine.ReceiveBuffers.Leased;
            Assert.True(offset < Total, "The peer could send everything although nobody read.");
            Assert.InRange(held, 8, 8 + 128); // One run of a multishot, which ends only between runs, brings some dozens of buffers.
            Assert.Equal(0, loop.Engine.UserInFlight); // Not armed: that is the pause.

            theirs.Blocking = true;
            Task rest = Task.Run(() =>
            {
                theirs.Send(data.AsSpan(offset));
                theirs.Shutdown(SocketShutdown.Send);
            });
            byte[] received = await Receiving.ToEndAsync(ours);
            await rest;

            Assert.True(data.AsSpan(1).SequenceEqual(received));
            await ours.CloseAsync();
            theirs.Dispose();

            ValueTask<BufferLease> Sent(int count)
            {
                theirs.Send(data.AsSpan(0, count));
                return ours.ReceiveAsync();
            }
        },
        o => o.ReceiveQuota = isLimitOfTheLoop ? 8 : 1000);

    [Fact]
    public Task A_result_may_be_read_on_another_thread_while_data_goes_on_arriving() => LoopHost.Beside(
        async loop =>
        {
            // The memory is smaller than a buffer, so that every result leaves a rest behind.
            const int Total = 1 << 20;
            byte[] data = Receiving.Pattern(Total);
            Connection ours = null!;
            Connection theirs = null!;
            Task sending = null!;
            await loop.InvokeAsync(() =>
            {
                (ours, theirs) = Pairs.Tcp(loop);
                sending = theirs.SendAsync(data).AsTask();
            });
            byte[] received = new byte[Total];
            int done = 0;
            while (done < Total)
            {
                int from = done;
                ValueTask<int> pending = default;
                await loop.InvokeAsync(() => { pending = ours.ReceiveAsync(received.AsMemory(from, Math.Min(100, Total - from))); });
                done += await pending.ConfigureAwait(false);
            }

            await sending;
            Assert.Equal(data, received);
            await ours.CloseAsync();
            await theirs.CloseAsync();
        },
        o => o.ReceiveBufferSize = 256);
}
