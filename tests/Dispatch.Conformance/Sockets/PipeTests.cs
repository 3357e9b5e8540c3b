using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;

namespace Dispatch.Conformance.Sockets;

/// <summary>Connections as pipes: nothing is lost, repeated or reordered, whatever the reader consumes and examines.</summary>
public sealed class PipeTests : KernelTests
{
    private static EventLoopOptions FewBuffers => new()
    {
        SubmissionEntries = 64,
        CompletionEntries = 256,
        ReceiveBufferCount = 8,
        MaxReceiveBufferCount = 8,
        ReceiveBufferSize = 512,
        ReceiveQuota = 3,
    };

    [Theory]
    [EveryKernel]
    public void Every_byte_passes_once_and_in_order_however_it_is_consumed_and_examined(TestedKernel kernel) => Run(
        kernel,
        async w =>
        {
            (Connection ours, Connection theirs) = await w.TcpConnections();
            byte[] data = World.Pattern(40_000, w.Seed);
            await Task.WhenAll(WriteAsync(theirs.Output, data, w), ReadAsync());
            Assert.Equal(0, w.Loop.Engine.ReceiveBuffers.Leased);
            await Task.WhenAll(ours.CloseAsync(), theirs.CloseAsync());

            async Task ReadAsync()
            {
                Random random = new(w.Seed);
                PipeReader input = ours.Input;
                int at = 0;
                while (true)
                {
                    ReadResult read = await input.ReadAsync();
                    ReadOnlySequence<byte> buffer = read.Buffer;
                    Assert.True(buffer.ToArray().AsSpan().SequenceEqual(data.AsSpan(at, (int)buffer.Length)), $"at {at}");
                    int consumed = read.IsCompleted ? (int)buffer.Length : random.Next(0, (int)buffer.Length + 1);
                    at += consumed;
                    input.AdvanceTo(buffer.GetPosition(consumed), random.Next(2) == 0 ? buffer.End : buffer.GetPosition(consumed));
                    if (read.IsCompleted)
                    {
                        break;
                    }

                    if (random.Next(4) == 0)
                    {
                        await w.Turn(random.Next(4)); // A slow reader.
                    }
                }

                Assert.Equal(data.Length, at);
                await input.CompleteAsync();
            }
        },
        FewBuffers,
        Tolerance.Any);

    [Theory]
    [EveryKernel]
    public void A_reader_that_waits_for_a_long_message_keeps_no_buffers_from_the_others(TestedKernel kernel) => Run(
        kernel,
        async w =>
        {
            (Connection greedy, Connection feeder) = w.Connections();
            (Connection other, Connection sender) = w.Connections();
            byte[] data = World.Pattern(20_000, w.Seed); // Five times what all buffers hold.
            Task<ReadResult> message = greedy.Input.ReadAtLeastAsync(data.Length).AsTask();
            Task feeding = feeder.SendAsync(data.AsMemory(0, data.Length - 1)).AsTask();
            await feeding;
            await sender.SendAsync("x"u8.ToArray());
            (await other.ReceiveAsync()).Dispose();
            Assert.False(message.IsCompleted);
            await feeder.SendAsync(data.AsMemory(data.Length - 1));
            ReadResult read = await message;

            Assert.True(read.Buffer.ToArray().AsSpan().SequenceEqual(data));
            Assert.InRange(w.Loop.Engine.ReceiveBuffers.Leased, 0, 3);
            greedy.Input.AdvanceTo(read.Buffer.End);
            Assert.Equal(0, w.Loop.Engine.ReceiveBuffers.Leased);
            await Task.WhenAll(greedy.CloseAsync(), feeder.CloseAsync(), other.CloseAsync(), sender.CloseAsync());
        },
        FewBuffers,
        Tolerance.Any);

    [Theory]
    [EveryKernel]
    public void A_reader_that_does_not_read_stops_the_sender_and_loses_nothing(TestedKernel kernel) => Run(
        kernel,
        async w =>
        {
            (Connection ours, Connection theirs) = await w.TcpConnections();
            theirs.SendHighWaterMark = 1000;
            byte[] data = World.Pattern(8_000_000, w.Seed);
            Assert.False(ours.Input.TryRead(out _)); // Arms.
            Task writing = WriteAllAsync();
            await w.Turn(20);
            Assert.False(writing.IsCompleted);
            Assert.InRange(w.Loop.Engine.ReceiveBuffers.Leased, 0, 8);

            long got = 0;
            while (got < data.Length)
            {
                ReadResult read = await ours.Input.ReadAsync();
                foreach (ReadOnlyMemory<byte> memory in read.Buffer)
                {
                    Assert.True(memory.Span.SequenceEqual(data.AsSpan((int)got, memory.Length)));
                    got += memory.Length;
                }

                ours.Input.AdvanceTo(read.Buffer.End);
            }

            await writing;
            await Task.WhenAll(ours.CloseAsync(), theirs.CloseAsync());

            async Task WriteAllAsync()
            {
                for (int at = 0; at < data.Length; at += 100_000)
                {
                    await theirs.Output.WriteAsync(data.AsMemory(at, 100_000));
                }
            }
        },
        new EventLoopOptions { SubmissionEntries = 64, CompletionEntries = 256, ReceiveBufferCount = 8, MaxReceiveBufferCount = 8, ReceiveQuota = 3 },
        Tolerance.Any);

    [Theory]
    [EveryKernel]
    public void A_cancelled_read_or_flush_loses_nothing(TestedKernel kernel) => Run(kernel, tolerates: Tolerance.Any, body: async w =>
    {
        (Connection ours, Connection theirs) = await w.TcpConnections();
        byte[] data = World.Pattern(3000, w.Seed);
        List<byte> got = [];
        using CancellationTokenSource cancel = new();
        Task<ReadResult> first = ours.Input.ReadAsync(cancel.Token).AsTask();
        Now(cancel);
        await theirs.SendAsync(data.AsMemory(0, 1000)); // Races with the cancel.
        try
        {
            Take(await first);
        }
        catch (OperationCanceledException e)
        {
            Assert.Equal(cancel.Token, e.CancellationToken);
        }

        Task<ReadResult> second = ours.Input.ReadAtLeastAsync(5000).AsTask();
        ours.Input.CancelPendingRead();
        await theirs.SendAsync(data.AsMemory(1000, 1000));
        ReadResult canceled = await second;
        Assert.True(canceled.IsCanceled);
        Take(canceled);

        theirs.SendHighWaterMark = 1;
        theirs.Output.CancelPendingFlush();
        await w.Turn();
        Assert.True((await theirs.Output.WriteAsync(data.AsMemory(2000, 500))).IsCanceled);
        await theirs.Output.WriteAsync(data.AsMemory(2500));
        await theirs.Output.CompleteAsync();
        ReadResult read;
        do
        {
            read = await ours.Input.ReadAsync();
            Assert.False(read.IsCanceled);
            Take(read);
        }
        while (!read.IsCompleted);

        Assert.Equal(data, got);
        await Task.WhenAll(ours.CloseAsync(), theirs.CloseAsync());

        void Take(ReadResult result)
        {
            got.AddRange(result.Buffer.ToArray());
            ours.Input.AdvanceTo(result.Buffer.End);
        }
    });

    [Theory]
    [EveryKernel]
    public void What_a_completed_reader_has_not_consumed_is_the_next_readers(TestedKernel kernel) => Run(
        kernel,
        async w =>
        {
            (Connection ours, Connection theirs) = w.Connections();
            byte[] data = World.Pattern(5000, w.Seed);
            Task sending = SendAsync();
            ReadResult read = await ours.Input.ReadAtLeastAsync(2500); // Past the quota: some of it is copied.
            ours.Input.AdvanceTo(read.Buffer.GetPosition(700), read.Buffer.End);
            await ours.Input.CompleteAsync();
            List<byte> rest = [];
            byte[] into = new byte[300];
            for (int count; (count = await ours.ReceiveAsync(into)) != 0;)
            {
                rest.AddRange(into.AsSpan(0, count));
            }

            await sending;
            Assert.True(data.AsSpan(700).SequenceEqual(rest.ToArray()));
            Assert.Equal(0, w.Loop.Engine.ReceiveBuffers.Leased);
            await Task.WhenAll(ours.CloseAsync(), theirs.CloseAsync());

            async Task SendAsync()
            {
                for (int at = 0; at < data.Length; at += 100)
                {
                    await theirs.SendAsync(data.AsMemory(at, 100));
                }

                await theirs.ShutdownAsync();
            }
        },
        FewBuffers,
        Tolerance.Any);

    [Theory]
    [EveryKernel]
    public void A_connection_that_is_closed_or_broken_at_any_point_leaves_no_buffer_out(TestedKernel kernel) => Run(
        kernel,
        async w =>
        {
            for (int round = 0; round < w.Rounds(20); round++)
            {
                (Connection ours, Connection theirs) = await w.TcpConnections();
                Random random = new(w.Seed + round);
                Task writing = Quietly(() => WriteAsync(theirs.Output, World.Pattern(20_000, round), w));
                Task reading = Quietly(async () =>
                {
                    while (true)
                    {
                        ReadResult read = await ours.Input.ReadAsync();
                        await w.Turn(random.Next(3));
                        ours.Input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
                        if (read.IsCompleted)
                        {
                            return;
                        }
                    }
                });
                await w.Turn(random.Next(12));
                switch (random.Next(3))
                {
                    case 0:
                        ours.Abort();
                        break;
                    case 1:
                        theirs.Abort();
                        break;
                    default:
                        await Task.WhenAll(ours.CloseAsync(), theirs.CloseAsync());
                        break;
                }

                await Task.WhenAll(ours.CloseAsync(), theirs.CloseAsync(), reading, writing);
                Assert.Equal(0, w.Loop.Engine.ReceiveBuffers.Leased);
            }
        },
        FewBuffers,
        Tolerance.Any);

    [Theory]
    [EveryKernel]
    public void A_stream_reads_writes_waits_for_data_and_ends_one_half_at_a_time(TestedKernel kernel) => Run(kernel, tolerates: Tolerance.Any, body: async w =>
    {
        (Connection first, Connection second) = w.Connections();
        await using ConnectionStream ours = first.AsStream();
        await using ConnectionStream theirs = second.AsStream();
        byte[] data = World.Pattern(30_000, w.Seed);
        Task<int> readable = ours.ReadAsync(Memory<byte>.Empty).AsTask();
        await w.Turn(3);
        Assert.False(readable.IsCompleted);
        Task writing = WriteAsync();
        Assert.Equal(0, await readable);
        byte[] got = new byte[data.Length];
        await ours.ReadExactlyAsync(got);
        Assert.True(data.AsSpan().SequenceEqual(got));
        await writing;
        Assert.Equal(0, await ours.ReadAsync(Memory<byte>.Empty)); // The end is something to read, too.
        Assert.Equal(0, await ours.ReadAsync(got));
        await ours.WriteAsync("still open"u8.ToArray());
        await theirs.ReadExactlyAsync(got.AsMemory(0, 10));
        Assert.Equal("still open"u8, got.AsSpan(0, 10));

        async Task WriteAsync()
        {
            await theirs.WriteAsync(data.AsMemory(0, 10_000));
            await theirs.WriteAsync(data.AsMemory(10_000));
            await theirs.CompleteWritesAsync();
        }
    });

    private static void Now(CancellationTokenSource cancel) => cancel.Cancel(); // Here, and not on the thread pool, where no seed decides when.

    private static async Task Quietly(Func<Task> part)
    {
        try
        {
            await part();
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // The connection was taken away.
        }
    }

    private static async Task WriteAsync(PipeWriter output, byte[] data, World w)
    {
        Random random = new(w.Seed);
        for (int at = 0; at < data.Length;)
        {
            int count = Math.Min(random.Next(1, random.Next(3) == 0 ? 9000 : 200), data.Length - at);
            data.AsSpan(at, count).CopyTo(output.GetSpan(count));
            output.Advance(count);
            at += count;
            if (random.Next(3) != 0)
            {
                FlushResult flush = await output.FlushAsync();
                if (flush.IsCompleted)
                {
                    return;
                }
            }
        }

        await output.CompleteAsync();
    }
}
