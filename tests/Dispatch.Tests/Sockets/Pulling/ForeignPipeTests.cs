using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;

namespace Dispatch.Tests;

/// <summary>A connection's pipe in the hands of a thread that does not own it.</summary>
public sealed class ForeignPipeTests
{
    private const int Numbers = 20_000;

    [Fact]
    public Task Flushes_of_another_thread_do_not_wait_while_there_is_room_and_keep_their_order() => LoopHost.Beside(async loop =>
    {
        (Connection ours, Connection theirs) = await MakeAsync(loop);
        ours.SendHighWaterMark = int.MaxValue;
        Task<byte[]> received = loop.InvokeAsync(() => Receiving.ToEndAsync(theirs));
        for (int i = 0; i < Numbers; i++)
        {
            Write(ours.Output, i);
            Assert.True(ours.Output.FlushAsync().IsCompletedSuccessfully);
        }

        await ours.Output.CompleteAsync();
        Assert.Equal(Enumerable.Range(0, Numbers).SelectMany(BitConverter.GetBytes), await received);
        await Task.WhenAll(ours.CloseAsync(), theirs.CloseAsync());
    });

    [Fact]
    public Task Flushes_that_wait_for_the_owner_travel_as_one_message() => LoopHost.Beside(async loop =>
    {
        (Connection ours, Connection theirs) = await MakeAsync(loop);
        Task<byte[]> received = loop.InvokeAsync(() => Receiving.ToEndAsync(theirs));
        using SemaphoreSlim blocked = new(0);
        using SemaphoreSlim released = new(0);
        loop.Post(() =>
        {
            blocked.Release();
            released.Wait(); // It blocks the loop on purpose.
        });
        await blocked.WaitAsync();

        // Small ones, which are copied together, and now and then one that is too large for what is left of a block.
        byte[][] pieces = [.. Enumerable.Range(0, 60).Select(i => Enumerable.Repeat((byte)i, i % 10 == 9 ? 3_000 : 1 + i).ToArray())];
        foreach (byte[] piece in pieces)
        {
            ours.Output.Write(piece);
            Assert.True(ours.Output.FlushAsync().IsCompletedSuccessfully);
        }

        Assert.Equal(1, loop.Engine.Inbox.Count);
        released.Release();
        await ours.Output.CompleteAsync();
        Assert.Equal(pieces.SelectMany(p => p), await received);
        await Task.WhenAll(ours.CloseAsync(), theirs.CloseAsync());
    });

    [Fact]
    public Task A_flush_while_the_owner_takes_the_one_before_is_not_left_behind() => LoopHost.Beside(async loop =>
    {
        (Connection ours, Socket theirs) = await loop.InvokeAsync(() => Pairs.TcpAsync(loop));
        theirs.ReceiveTimeout = (int)OnLoop.Guard.TotalMilliseconds;
        byte[] received = new byte[2 * sizeof(int)];
        for (int i = 0; i < Numbers; i++)
        {
            Write(ours.Output, i);
            Assert.True(ours.Output.FlushAsync().IsCompletedSuccessfully);
            Thread.SpinWait(i % 500); // So that the second comes at every point of the owner's way.
            Write(ours.Output, -i);
            Assert.True(ours.Output.FlushAsync().IsCompletedSuccessfully);
            for (int n = 0; n < received.Length;)
            {
                n += theirs.Receive(received.AsSpan(n)); // And none after it would bring it along.
            }

            Assert.Equal((i, -i), (BitConverter.ToInt32(received), BitConverter.ToInt32(received, sizeof(int))));
        }

        theirs.Dispose();
        await ours.CloseAsync();
    });

    [Fact]
    public async Task Flushes_while_the_connection_moves_are_refused_or_sent_in_order_by_one_owner_at_a_time()
    {
        await using Dispatcher dispatcher = Dispatcher.Create(new DispatcherOptions { Kernel = TestKernel.Kind, LoopCount = 2, SubmissionEntries = 64, CompletionEntries = 256 });
        EventLoop[] loops = [.. dispatcher.Loops];
        (Connection ours, Socket theirs) = await loops[0].InvokeAsync(() => Pairs.TcpAsync(loops[0]));
        ours.SendHighWaterMark = 16; // So that some flushes wait for the owner, and can be refused.
        Task<byte[]> received = Task.Run(() => ToEnd(theirs));
        bool isOver = false;
        Task<int> moving = Task.Run(async () =>
        {
            int moves = 0;
            while (!Volatile.Read(ref isOver))
            {
                try
                {
                    await ours.MoveTo(loops[(moves + 1) % 2]);
                    moves++;
                }
                catch (InvalidOperationException)
                {
                    // A flush waits: then it is the move that is refused.
                }
            }

            return moves;
        });
        int sent = 0;
        while (sent < Numbers / 4)
        {
            Write(ours.Output, sent++);
            while (true)
            {
                try
                {
                    await ours.Output.FlushAsync();
                    break;
                }
                catch (InvalidOperationException)
                {
                    Assert.Equal(sizeof(int), ours.Output.UnflushedBytes); // It moves, and nothing was taken.
                }
            }
        }

        Volatile.Write(ref isOver, true);
        Assert.NotEqual(0, await moving);
        await ours.Output.CompleteAsync();
        Assert.Equal(Enumerable.Range(0, sent).SelectMany(BitConverter.GetBytes), await received.WaitAsync(OnLoop.Guard));
        await ours.CloseAsync();
    }

    [Fact]
    public Task A_close_by_the_owner_sends_what_another_thread_has_flushed_before() => LoopHost.Beside(async loop =>
    {
        (Connection ours, Socket theirs) = await loop.InvokeAsync(() => Pairs.TcpAsync(loop));
        using SemaphoreSlim blocked = new(0);
        using SemaphoreSlim released = new(0);
        Task closing = loop.InvokeAsync(() =>
        {
            blocked.Release();
            released.Wait(); // It blocks the loop on purpose: the message of the flush is still to come when the close begins.
            return ours.CloseAsync();
        });
        await blocked.WaitAsync();
        Write(ours.Output, 7);
        Assert.True(ours.Output.FlushAsync().IsCompletedSuccessfully);
        released.Release();
        await closing;
        Assert.Equal(BitConverter.GetBytes(7), ToEnd(theirs));
    });

    [Fact]
    public Task A_flush_over_the_high_water_mark_waits_until_the_peer_reads() => LoopHost.Beside(async loop =>
    {
        (Connection ours, Connection theirs) = await MakeAsync(loop);
        ours.SendHighWaterMark = 1000;
        long sent = 0;
        ValueTask<FlushResult> flush;
        do
        {
            Memory<byte> memory = ours.Output.GetMemory(100_000);
            ours.Output.Advance(100_000);
            sent += 100_000;
            flush = ours.Output.FlushAsync();
        }
        while (await IsTakenAtOnceAsync(flush)); // Until the socket's buffers are full.

        Task<byte[]> received = loop.InvokeAsync(() => Receiving.ToEndAsync(theirs));
        Assert.False((await flush).IsCompleted);
        await ours.Output.CompleteAsync();
        Assert.Equal(sent, (await received).Length);
        await Task.WhenAll(ours.CloseAsync(), theirs.CloseAsync());

        // A flush that has nothing to wait for has ended when what was posted behind it has run.
        async Task<bool> IsTakenAtOnceAsync(ValueTask<FlushResult> flush)
        {
            if (!flush.IsCompleted)
            {
                await loop.InvokeAsync(() => { });
                await loop.InvokeAsync(() => loop.ExecuteAsync(IoRequest.Nop()).AsTask()); // And what it sends was tried.
            }

            return flush.IsCompleted;
        }
    });

    [Fact]
    public Task What_the_owner_flushes_does_not_overtake_what_another_thread_has_flushed_before() => LoopHost.Beside(async loop =>
    {
        (Connection ours, Connection theirs) = await MakeAsync(loop);
        Task<byte[]> received = loop.InvokeAsync(() => Receiving.ToEndAsync(theirs));
        using SemaphoreSlim turn = new(0);
        using SemaphoreSlim back = new(0);
        Task owner = loop.InvokeAsync(() =>
        {
            // It blocks the loop on purpose, so that the other's flush cannot have arrived when this one comes.
            for (int i = 1; i < 200; i += 2)
            {
                turn.Wait();
                Write(ours.Output, i);
                _ = ours.Output.FlushAsync().AsTask();
                back.Release();
            }

            return Task.CompletedTask;
        });
        for (int i = 0; i < 200; i += 2)
        {
            Write(ours.Output, i);
            Assert.True(ours.Output.FlushAsync().IsCompletedSuccessfully);
            turn.Release();
            await back.WaitAsync();
        }

        await owner;
        await ours.Output.CompleteAsync();
        Assert.Equal(Enumerable.Range(0, 200).SelectMany(BitConverter.GetBytes), await received);
        await Task.WhenAll(ours.CloseAsync(), theirs.CloseAsync());
    });

    [Fact]
    public Task Reads_of_another_thread_go_on_where_they_are_told_to() => LoopHost.Beside(async loop =>
    {
        (Connection ours, Connection theirs) = await MakeAsync(loop);
        ConnectionInput input = (ConnectionInput)ours.Input;
        foreach (ReadResumption place in Enum.GetValues<ReadResumption>())
        {
            foreach (bool comesBefore in (bool[])[true, false])
            {
                foreach (bool inContext in (bool[])[true, false])
                {
                    await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding); // The last round may have ended on the loop.
                    Assert.False(loop.IsOwner);
                    if (comesBefore)
                    {
                        await theirs.SendAsync("hello"u8.ToArray());
                    }

                    Task reading = ReadOnceAsync(place, inContext);
                    if (!comesBefore)
                    {
                        await loop.InvokeAsync(() => { });
                        await theirs.SendAsync("hello"u8.ToArray());
                    }

                    await reading;
                }
            }
        }

        await Task.WhenAll(ours.CloseAsync(), theirs.CloseAsync());

        async Task ReadOnceAsync(ReadResumption place, bool inContext)
        {
            ReadResult read = await input.ReadFromElsewhere(5, place, default).ConfigureAwait(inContext);
            Assert.Equal(place == ReadResumption.Owner, loop.IsOwner);
            Assert.Equal(place == ReadResumption.Owner && inContext, SynchronizationContext.Current is not null);
            Assert.Equal("hello"u8.ToArray(), read.Buffer.ToArray());
            input.AdvanceTo(read.Buffer.End);
        }
    });

    [Fact]
    public Task The_code_of_the_owner_reads_for_the_pool() => LoopHost.Beside(async loop =>
    {
        (Connection ours, Connection theirs) = await MakeAsync(loop);
        await theirs.SendAsync("hello"u8.ToArray());
        await loop.InvokeAsync(async () =>
        {
            ReadResult read = await ((ConnectionInput)ours.Input).ReadFromElsewhere(5, ReadResumption.Pool, default);
            Assert.False(loop.IsOwner);
            ours.Input.AdvanceTo(read.Buffer.End);
        });
        await Task.WhenAll(ours.CloseAsync(), theirs.CloseAsync());
    });

    [Fact]
    public Task A_read_of_another_thread_is_one_at_a_time_can_be_cancelled_and_ends_with_the_connection() => LoopHost.Beside(async loop =>
    {
        (Connection ours, Connection theirs) = await MakeAsync(loop);
        using CancellationTokenSource source = new();
        Task<ReadResult> waiting = ours.Input.ReadAsync(source.Token).AsTask();
        Assert.Contains("One read at a time", Assert.Throws<InvalidOperationException>(() => { _ = ours.Input.ReadAsync(); }).Message, StringComparison.Ordinal);
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);

        waiting = ours.Input.ReadAsync().AsTask();
        ours.Input.CancelPendingRead();
        Assert.True((await waiting).IsCanceled);

        waiting = ours.Input.ReadAsync().AsTask();
        await loop.InvokeAsync(() => { });
        await ours.CloseAsync();
        await Assert.ThrowsAnyAsync<Exception>(() => waiting);
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await ours.Input.ReadAsync());
        await theirs.CloseAsync();
    });

    private static Task<(Connection Ours, Connection Theirs)> MakeAsync(EventLoop loop) => loop.InvokeAsync(() => Task.FromResult(Pairs.Local(loop)));

    private static byte[] ToEnd(Socket socket)
    {
        using MemoryStream all = new();
        using NetworkStream stream = new(socket, ownsSocket: true);
        stream.CopyTo(all);
        return all.ToArray();
    }

    private static void Write(PipeWriter output, int number)
    {
        BitConverter.TryWriteBytes(output.GetSpan(4), number);
        output.Advance(4);
    }
}
