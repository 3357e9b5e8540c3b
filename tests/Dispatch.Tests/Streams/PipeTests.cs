using Microsoft.Win32.SafeHandles;

namespace Dispatch.Tests.Streams;

/// <summary>Reads from pipes and other descriptors with a position of their own.</summary>
public sealed class PipeTests
{
    [Fact]
    public void Bytes_come_in_order_to_the_end_and_go_on_from_one_consumer_to_the_next() => OnLoop.Run(async loop =>
    {
        const int Bytes = 1 << 20;
        (int reader, int writer) = Ends();
        await using PipeSource source = PipeSource.Adopt(reader, loop: loop);
        Task writing = Task.Run(() => Write(writer, Bytes));
        long read = 0;
        for (int round = 0; read < Bytes; round++)
        {
            if (round % 2 == 0)
            {
                int left = 20;
                await foreach (BufferLease lease in source.Data.ReadAllAsync())
                {
                    read = Verify(read, lease.Span);
                    if (--left == 0)
                    {
                        break;
                    }
                }
            }
            else
            {
                TaskCompletionSource done = new();
                int left = 20;
                IDisposable? subscription = null;
                Taker<BufferLease, byte[]> taker = Taker.Bytes();
                taker.Then = bytes =>
                {
                    read = Verify(read, bytes);
                    if (--left == 0)
                    {
                        subscription!.Dispose();
                        done.TrySetResult();
                    }
                };
                subscription = source.Data.Subscribe(taker);
                while (!done.Task.IsCompleted && !taker.IsCompleted)
                {
                    await loop.DelayAsync(TimeSpan.FromMilliseconds(0.1));
                }
            }
        }

        await writing;
        Assert.Equal(Bytes, read);
        Assert.False(await source.Data.ReadAllAsync().GetAsyncEnumerator().MoveNextAsync());
        Assert.Equal(0, loop.Engine.ReceiveBuffersIfCreated?.Leased ?? 0);
    });

    [Fact]
    public void A_slow_reader_makes_the_writer_wait_and_the_leases_are_few() => OnLoop.Run(async loop =>
    {
        (int reader, int writer) = Ends();
        await using PipeSource source = PipeSource.Adopt(reader, new StreamOptions { Capacity = 4 }, loop);
        const int Bytes = 1 << 20;
        long written = 0;
        Task writing = Task.Run(() => Write(writer, Bytes, n => Volatile.Write(ref written, n)));
        IAsyncEnumerator<BufferLease> data = source.Data.ReadAllAsync().GetAsyncEnumerator();
        Assert.True(await data.MoveNextAsync());
        long read = Verify(0, data.Current.Span);
        for (int i = 0; i < 200; i++)
        {
            await loop.DelayAsync(TimeSpan.FromMilliseconds(0.1));
        }

        // What the pipe holds, and what had been taken out of it when the reader was found to be slow: the multishot may bring a few more before its end.
        Assert.InRange(Volatile.Read(ref written), 0, 65_536 + (64 * 4096));
        while (await data.MoveNextAsync())
        {
            read = Verify(read, data.Current.Span);
        }

        Assert.Equal(Bytes, read);
        await writing;
    });

    [Fact]
    public void Leases_end_with_OnNext_and_with_the_next_item_unless_retained() => OnLoop.Run(async loop =>
    {
        using TestPipe pipe = new();
        await using PipeSource source = PipeSource.Adopt(new SafePipeHandle(pipe.ReadEnd, ownsHandle: false), loop: loop);
        pipe.Write(1, 2, 3);
        IAsyncEnumerator<BufferLease> data = source.Data.ReadAllAsync().GetAsyncEnumerator();
        Assert.True(await data.MoveNextAsync());
        BufferLease first = data.Current;
        using RetainedBuffer kept = first.Retain();
        pipe.Write(4);
        Assert.True(await data.MoveNextAsync());
        Assert.Throws<ObjectDisposedException>(() => first.Span.Length);
        Assert.Equal([1, 2, 3], kept.GetSpan().ToArray());
        Assert.Equal([4], data.Current.ToArray());
        await data.DisposeAsync();
    });

    [Fact]
    public void A_file_is_refused_and_told_what_reads_it() => OnLoop.Poll(loop =>
    {
        using TestFolder folder = new();
        File.WriteAllText(folder["f"], "x");
        using SafeFileHandle handle = File.OpenHandle(folder["f"]);
        Assert.Contains("DispatchFile", Assert.Throws<ArgumentException>(() => PipeSource.Adopt(handle, loop: loop)).Message, StringComparison.Ordinal);
        Assert.Contains("EBADF", Assert.ThrowsAny<Exception>(() => PipeSource.Adopt(987_654, loop: loop)).Message, StringComparison.Ordinal);
    });

    [Fact]
    public void A_descriptor_that_does_not_wait_is_read_all_the_same() => OnLoop.Run(async loop =>
    {
        (int reader, int writer) = Ends(Tmds.Linux.LibC.O_NONBLOCK);
        await using PipeSource source = PipeSource.Adopt(reader, loop: loop);
        Task<byte[]> reading = ReadAll(source);
        await loop.DelayAsync(TimeSpan.FromMilliseconds(2));
        Write(writer, 10_000);
        byte[] all = await reading;
        Assert.Equal(10_000, Verify(0, all));
    });

    [Fact]
    public void A_terminal_is_read_line_by_line() => OnLoop.Run(async loop =>
    {
        (int master, int terminal) = Terminal();
        await using PipeSource source = PipeSource.Adopt(terminal, loop: loop);
        IAsyncEnumerator<BufferLease> data = source.Data.ReadAllAsync().GetAsyncEnumerator();
        Task<bool> waiting = data.MoveNextAsync().AsTask();
        await loop.DelayAsync(TimeSpan.FromMilliseconds(1));
        await loop.ExecuteAsync(IoRequest.Write(master, "hello\n"u8.ToArray(), -1));
        Assert.True(await waiting);
        Assert.Equal("hello\n"u8.ToArray(), data.Current.ToArray());
        await loop.ExecuteAsync(IoRequest.Write(master, "again\n"u8.ToArray(), -1));
        Assert.True(await data.MoveNextAsync());
        Assert.Equal("again\n"u8.ToArray(), data.Current.ToArray());
        await data.DisposeAsync();
        await loop.ExecuteAsync(IoRequest.Close(master));
    });

    [Fact]
    public void Closing_with_a_read_in_flight_ends_the_stream_and_the_descriptor() => OnLoop.Run(async loop =>
    {
        using TestPipe pipe = new();
        PipeSource source = PipeSource.Adopt(new SafePipeHandle(pipe.ReadEnd, ownsHandle: false), loop: loop);
        Taker<BufferLease, byte[]> taker = Taker.Bytes();
        source.Data.Subscribe(taker);
        await loop.DelayAsync(TimeSpan.FromMilliseconds(1));
        await source.CloseAsync();
        while (!taker.IsCompleted)
        {
            await loop.ExecuteAsync(IoRequest.Nop()); // The end is told in a turn of its own.
        }

        pipe.Write(1); // Nobody reads it any more.
        pipe.Drain(1);
    });

    private static (int Reader, int Writer) Ends(int flags = 0) => Native.Pipe(flags);

    private static (int Master, int Terminal) Terminal() => Native.Terminal();

    private static async Task<byte[]> ReadAll(PipeSource source)
    {
        MemoryStream all = new();
        await foreach (BufferLease lease in source.Data.ReadAllAsync())
        {
            all.Write(lease.Span);
        }

        return all.ToArray();
    }

    private static long Verify(long from, ReadOnlySpan<byte> bytes)
    {
        foreach (byte b in bytes)
        {
            Assert.Equal((byte)(from++ % 251), b);
        }

        return from;
    }

    private static void Write(int writer, int count, Action<long>? progress = null)
    {
        using FileStream stream = new(new SafeFileHandle(writer, ownsHandle: true), FileAccess.Write, bufferSize: 0);
        byte[] block = new byte[3000];
        for (int written = 0; written < count;)
        {
            int length = Math.Min(block.Length, count - written);
            for (int i = 0; i < length; i++)
            {
                block[i] = (byte)((written + i) % 251);
            }

            stream.Write(block, 0, length);
            written += length;
            progress?.Invoke(written);
        }
    }
}
