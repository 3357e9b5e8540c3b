using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;

namespace Dispatch.Tests;

/// <summary>What is used wrongly says so, and does no harm.</summary>
public sealed class MisuseTests
{
    [Fact]
    public void A_reader_says_what_it_is_used_wrongly_in() => OnLoop.Run(async loop =>
    {
        (Connection ours, Connection theirs) = Pairs.Local(loop);
        PipeReader input = ours.Input;
        Says(() => input.AdvanceTo(default), "no read to advance");
        Task<ReadResult> waiting = input.ReadAsync().AsTask();
        Says(() => { _ = input.ReadAsync(); }, "One read at a time");
        Says(() => { _ = ours.ReceiveAsync(); }, "read through its Input");
        Says(() => input.Complete(), "CancelPendingRead");
        await theirs.SendAsync("hello"u8.ToArray());
        ReadResult read = await waiting;
        Says(() => { _ = input.ReadAsync(); }, "call AdvanceTo");
        ReadOnlySequence<byte> elsewhere = new(new byte[5]);
        Assert.Throws<ArgumentOutOfRangeException>(() => input.AdvanceTo(elsewhere.End));
        Assert.Throws<ArgumentOutOfRangeException>(() => input.AdvanceTo(read.Buffer.End, read.Buffer.Start));
        input.AdvanceTo(read.Buffer.GetPosition(2));
        Says(() => input.AdvanceTo(read.Buffer.End), "no read to advance");
        await input.CompleteAsync();
        Says(() => { _ = input.ReadAsync(); }, "was completed");
        using (BufferLease rest = await ours.ReceiveAsync())
        {
            Assert.Equal("llo"u8, rest.Span);
        }

        await Task.WhenAll(ours.CloseAsync(), theirs.CloseAsync());
        Assert.Throws<InvalidOperationException>(() => { _ = input.ReadAsync(); });
    });

    [Fact]
    public void Memory_of_a_sequence_that_was_advanced_over_is_refused_and_a_pin_keeps_its_buffer() => OnLoop.Run(async loop =>
    {
        (Connection ours, Connection theirs) = Pairs.Local(loop);
        await theirs.SendAsync("hello"u8.ToArray());
        ReadResult read = await ours.Input.ReadAsync();
        ReadOnlyMemory<byte> kept = read.Buffer.First;
        MemoryHandle pin = kept.Pin();
        ours.Input.AdvanceTo(read.Buffer.End);
        Assert.Throws<ObjectDisposedException>(() => kept.Span.Length);
        Assert.Equal(1, loop.Engine.ReceiveBuffers.Leased); // The pin's.
        pin.Dispose();
        Assert.Equal(0, loop.Engine.ReceiveBuffers.Leased);
        await Task.WhenAll(ours.CloseAsync(), theirs.CloseAsync());
    });

    [Fact]
    public void A_writer_says_what_it_is_used_wrongly_in() => OnLoop.Run(async loop =>
    {
        (Connection ours, Connection theirs) = Pairs.Local(loop);
        PipeWriter output = ours.Output;
        Assert.Throws<ArgumentOutOfRangeException>(() => output.Advance(1));
        Assert.True(output.GetMemory(10_000).Length >= 10_000);
        Assert.Throws<ArgumentOutOfRangeException>(() => output.Advance(1 << 20));
        output.Advance(9);
        Assert.Equal(9, output.UnflushedBytes);
        ours.SendHighWaterMark = 1;
        Task<FlushResult> flush = output.WriteAsync(new byte[4_000_000]).AsTask();
        Says(() => { _ = output.FlushAsync(); }, "One flush at a time");
        output.CancelPendingFlush();
        Assert.True((await flush).IsCanceled);
        await output.CompleteAsync(new InvalidDataException());
        Says(() => output.GetSpan(), "was completed");
        Says(() => { _ = output.FlushAsync(); }, "was completed");
        Assert.Throws<ArgumentOutOfRangeException>(() => theirs.SendHighWaterMark = 0);
        await Task.WhenAll(ours.CloseAsync(), theirs.CloseAsync());
        Assert.True((await theirs.Output.WriteAsync(new byte[1])).IsCompleted);
    });

    [Fact]
    public async Task A_connection_is_not_moved_to_a_loop_that_has_stopped()
    {
        Dispatcher stopped = Dispatcher.Create(new DispatcherOptions { Kernel = TestKernel.Kind, LoopCount = 1 });
        EventLoop ended = stopped.Loops[0];
        await stopped.DisposeAsync();
        await LoopHost.OnLoop(async loop =>
        {
            (Connection ours, Connection theirs) = Pairs.Local(loop);
            await Assert.ThrowsAsync<ObjectDisposedException>(() => ours.MoveTo(ended));
            await ours.SendAsync("still here"u8.ToArray());
            (await theirs.ReceiveAsync()).Dispose();
            await Task.WhenAll(ours.CloseAsync(), theirs.CloseAsync());
            await Assert.ThrowsAsync<ObjectDisposedException>(() => ours.MoveTo(loop));
            Assert.Throws<ObjectDisposedException>(() => { _ = ours.SendAsync(new byte[1]); });
            Assert.Throws<ObjectDisposedException>(() => { _ = ours.ReceiveAsync(); });
        });
    }

    [Fact]
    public void Options_of_a_socket_are_set_and_read() => OnLoop.Run(async loop =>
    {
        (Connection ours, Connection theirs) = Pairs.Tcp(loop);
        ours.NoDelay = false;
        Assert.False(ours.NoDelay);
        ours.NoDelay = true;
        Assert.True(ours.NoDelay);
        ours.KeepAlive = true;
        Assert.True(ours.KeepAlive);
        Assert.Null(ours.Linger);
        ours.Linger = TimeSpan.FromSeconds(3);
        Assert.Equal(TimeSpan.FromSeconds(3), ours.Linger);
        ours.Linger = null;
        Assert.Null(ours.Linger);
        ours.SendBufferSize = 100_000;
        Assert.Equal(200_000, ours.SendBufferSize);
        ours.ReceiveBufferSize = 50_000;
        Assert.Equal(100_000, ours.ReceiveBufferSize);
        Assert.Throws<SocketException>(() => ours.GetOption(1, 9999));
        await Task.WhenAll(ours.CloseAsync(), theirs.CloseAsync());
    });

    [Fact]
    public Task Options_that_were_asked_for_are_those_of_accepted_and_of_made_connections() => LoopHost.OnLoop(async loop =>
    {
        ConnectionOptions options = new()
        {
            NoDelay = false,
            KeepAliveTime = TimeSpan.FromSeconds(11),
            KeepAliveInterval = TimeSpan.FromSeconds(2),
            KeepAliveRetries = 4,
            SendBufferSize = 30_000,
            SendHighWaterMark = 77,
        };
        await using Listener listener = Listener.Listen(Pairs.Loopback, new ListenerOptions { Connections = options });
        Connection made = await Connection.ConnectAsync(listener.LocalEndPoint!, options);
        Connection accepted = await listener.AcceptAsync();
        foreach (Connection one in new[] { made, accepted })
        {
            Assert.False(one.NoDelay);
            Assert.True(one.KeepAlive);
            Assert.Equal((11, 2, 4), (one.GetOption(6, 4), one.GetOption(6, 5), one.GetOption(6, 6)));
            Assert.Equal(60_000, one.SendBufferSize);
            Assert.Equal(77, one.SendHighWaterMark);
        }

        await Task.WhenAll(made.CloseAsync(), accepted.CloseAsync());
    });

    private static void Says(Action wrong, string words) => Assert.Contains(words, Assert.Throws<InvalidOperationException>(wrong).Message, StringComparison.Ordinal);
}
