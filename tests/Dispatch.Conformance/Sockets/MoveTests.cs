using System.Buffers;
using System.IO.Pipelines;

namespace Dispatch.Conformance.Sockets;

/// <summary>Connections that go from loop to loop.</summary>
public sealed class MoveTests : KernelTests
{
    [Theory]
    [EveryKernel]
    public void A_connection_that_moves_between_reads_loses_and_reorders_nothing(TestedKernel kernel) => Run(kernel, tolerates: Tolerance.Any, body: async w =>
    {
        EventLoop home = w.Loop;
        EventLoop other = w.Another();
        (Connection ours, Connection theirs) = await w.TcpConnections();
        byte[] data = World.Pattern(50_000, w.Seed);
        Random random = new(w.Seed);
        Task sending = SendAsync();
        int at = 0;
        bool ended = false;
        while (!ended)
        {
            EventLoop now = ours.Loop;
            await now.InvokeAsync(async () =>
            {
                for (int i = random.Next(3); i >= 0 && !ended; i--)
                {
                    using BufferLease lease = await ours.ReceiveAsync();
                    ended = lease.IsEmpty;
                    Assert.True(lease.Span.SequenceEqual(data.AsSpan(at, lease.Length)), $"at {at}");
                    at += lease.Length;
                }
            });
            await ours.MoveTo(ReferenceEquals(now, home) ? other : home); // With whatever has come and was not read.
        }

        Assert.Equal(data.Length, at);
        await sending;
        await ours.SendAsync("back"u8.ToArray()); // From this loop or through the other's inbox.
        byte[] answer = new byte[4];
        for (int got = 0; got < 4;)
        {
            got += await theirs.ReceiveAsync(answer.AsMemory(got));
        }

        Assert.Equal("back"u8, answer);
        await Task.WhenAll(ours.CloseAsync(), theirs.CloseAsync());

        async Task SendAsync()
        {
            for (int i = 0; i < data.Length; i += 500)
            {
                await theirs.SendAsync(data.AsMemory(i, 500));
                await w.Turn(random.Next(2));
            }

            await theirs.ShutdownAsync();
        }
    });

    [Theory]
    [EveryKernel]
    public void A_pipe_goes_along_with_what_its_reader_has_not_consumed_and_its_writer_not_flushed(TestedKernel kernel) => Run(kernel, tolerates: Tolerance.Any, body: async w =>
    {
        EventLoop other = w.Another();
        (Connection ours, Connection theirs) = await w.TcpConnections();
        byte[] data = World.Pattern(9000, w.Seed);
        await theirs.SendAsync(data.AsMemory(0, 6000));
        ReadResult read = await ours.Input.ReadAtLeastAsync(3000);
        ours.Input.AdvanceTo(read.Buffer.GetPosition(1000), read.Buffer.GetPosition(2000));
        data.AsSpan(0, 100).CopyTo(ours.Output.GetSpan(100));
        ours.Output.Advance(100);
        await ours.MoveTo(other);
        Assert.Same(other, ours.Loop);
        await theirs.SendAsync(data.AsMemory(6000));
        await other.InvokeAsync(async () =>
        {
            ReadResult rest = await ours.Input.ReadAtLeastAsync(8000);
            Assert.True(rest.Buffer.ToArray().AsSpan().SequenceEqual(data.AsSpan(1000)));
            ours.Input.AdvanceTo(rest.Buffer.End);
            await ours.Output.CompleteAsync();
        });
        List<byte> answer = [];
        await foreach (BufferLease lease in theirs.ReceiveAllAsync())
        {
            answer.AddRange(lease.Span);
        }

        Assert.True(data.AsSpan(0, 100).SequenceEqual(answer.ToArray()));
        Assert.Equal(0, w.Loop.Engine.ReceiveBuffers.Leased);
        await Task.WhenAll(ours.CloseAsync(), theirs.CloseAsync());
    });

    [Theory]
    [EveryKernel]
    public void A_close_or_an_abort_at_any_point_of_a_move_closes_the_descriptor_once(TestedKernel kernel) => Run(kernel, tolerates: Tolerance.Any, body: async w =>
    {
        EventLoop home = w.Loop;
        EventLoop other = w.Another();
        Random random = new(w.Seed);
        for (int round = 0; round < w.Rounds(30); round++)
        {
            (Connection ours, Connection theirs) = await w.TcpConnections();
            await theirs.SendAsync("something unread"u8.ToArray());
            await w.Turn(random.Next(2));
            Task moving = ours.MoveTo(other);
            await w.Turn(random.Next(4));
            if (random.Next(2) == 0)
            {
                ours.Abort();
            }

            Task closing = ours.CloseAsync();
            await closing;
            if (ReferenceEquals(ours.Loop, home))
            {
                await Assert.ThrowsAsync<ObjectDisposedException>(() => moving); // The close was first.
            }
            else
            {
                await moving; // The connection had left, and was closed where it went.
            }

            await theirs.CloseAsync();
            Assert.True(ours.IsClosed);
        }
    });

    [Theory]
    [EveryKernel]
    public void A_busy_connection_is_not_moved_and_one_that_moves_is_not_used(TestedKernel kernel) => Run(kernel, tolerates: Tolerance.Any, body: async w =>
    {
        EventLoop other = w.Another();
        (Connection ours, Connection theirs) = await w.TcpConnections();
        Task<BufferLease> reading = ours.ReceiveAsync().AsTask();
        InvalidOperationException busy = await Assert.ThrowsAsync<InvalidOperationException>(() => ours.MoveTo(other));
        Assert.Contains("between reads", busy.Message, StringComparison.Ordinal);
        await theirs.SendAsync("x"u8.ToArray());
        (await reading).Dispose();

        Task moving = ours.MoveTo(other);
        if (!moving.IsCompleted)
        {
            Exception refused = Assert.ThrowsAny<InvalidOperationException>(() => { _ = ours.SendAsync("y"u8.ToArray()); });
            Assert.Contains("being moved", refused.Message, StringComparison.Ordinal);
            await Assert.ThrowsAsync<InvalidOperationException>(() => ours.MoveTo(w.Loop));
        }

        await moving;
        await Task.WhenAll(ours.CloseAsync(), theirs.CloseAsync());
    });
}
