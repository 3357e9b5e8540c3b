namespace Dispatch.Tests.Streams;

/// <summary>Messages from other loops and threads.</summary>
public sealed class ChannelTests
{
    [Fact]
    public void Messages_of_each_sender_come_once_and_in_order_and_no_more_wait_than_may()
    {
        const int Senders = 4;
        const int Messages = 20_000;
        OnLoop.Run(async loop =>
        {
            LoopChannel<(int Sender, int Number)> channel = new(capacity: 64, loop: loop);
            Task[] senders = [.. Enumerable.Range(0, Senders).Select(s => Task.Run(async () =>
            {
                for (int i = 0; i < Messages; i++)
                {
                    await channel.WriteAsync((s, i));
                }
            }))];
            _ = Task.WhenAll(senders).ContinueWith(_ => channel.Complete(), TaskScheduler.Default);
            int[] next = new int[Senders];
            await foreach ((int sender, int number) in channel.ReadAllAsync())
            {
                Assert.Equal(next[sender]++, number);
                Assert.InRange(channel.Count, 0, 64 + Senders); // A sender that finds no room is counted for a moment.
                Assert.True(loop.IsOwner);
            }

            Assert.All(next, n => Assert.Equal(Messages, n));
            await Task.WhenAll(senders);
        });
    }

    [Fact]
    public void A_full_channel_refuses_and_says_so_and_has_room_when_one_is_taken() => OnLoop.Poll(loop =>
    {
        LoopChannel<int> channel = new(capacity: 2, loop: loop);
        Assert.True(channel.TryWrite(1));
        Assert.True(channel.TryWrite(2));
        Assert.False(channel.TryWrite(3));
        Task waiting = channel.WriteAsync(4).AsTask();
        Assert.False(waiting.IsCompleted);
        IAsyncEnumerator<int> reader = channel.ReadAllAsync().GetAsyncEnumerator();
        ValueTask<bool> first = reader.MoveNextAsync();
        Assert.True(first.IsCompletedSuccessfully && first.Result);
        Assert.Equal(1, reader.Current);
        OnLoop.Until(loop, () => waiting.IsCompleted);
        waiting.GetAwaiter().GetResult();
        Assert.True(reader.MoveNextAsync().Result);
        Assert.True(reader.MoveNextAsync().Result);
        Assert.Equal(4, reader.Current);
    });

    [Fact]
    public void What_was_sent_before_the_end_is_taken_before_the_end() => OnLoop.Poll(loop =>
    {
        LoopChannel<int> channel = new(capacity: null, loop: loop);
        for (int i = 0; i < 1000; i++)
        {
            Assert.True(channel.TryWrite(i));
        }

        channel.Complete();
        Assert.False(channel.TryWrite(1000));
        Assert.Throws<ObjectDisposedException>(() => channel.WriteAsync(1000).AsTask().GetAwaiter().GetResult());
        Taker<int, int> taker = Taker.Of<int>();
        channel.Subscribe(taker);
        OnLoop.Until(loop, () => taker.IsCompleted);
        Assert.Equal(Enumerable.Range(0, 1000), taker.Items);
    });

    [Fact]
    public void A_sender_that_waits_is_told_when_the_loop_ends()
    {
        Task? waiting = null;
        OnLoop.Poll(loop =>
        {
            LoopChannel<int> channel = new(capacity: 1, loop: loop);
            channel.Subscribe(Taker.Of<int>()).Dispose();
            channel.ReadAllAsync().GetAsyncEnumerator().MoveNextAsync();
            Assert.True(channel.TryWrite(1));
            loop.Poll();
            Assert.True(channel.TryWrite(2));
            waiting = channel.WriteAsync(3).AsTask();
        });
        Assert.IsType<ObjectDisposedException>(Assert.Throws<AggregateException>(() => waiting!.Wait(OnLoop.Guard)).InnerException);
    }

    [Fact]
    public void A_sender_that_gives_up_has_sent_nothing() => OnLoop.Poll(loop =>
    {
        LoopChannel<int> channel = new(capacity: 1, loop: loop);
        Assert.True(channel.TryWrite(1));
        using CancellationTokenSource stop = new();
        Task waiting = channel.WriteAsync(2, stop.Token).AsTask();
        stop.Cancel();
        Assert.Throws<TaskCanceledException>(() => waiting.GetAwaiter().GetResult());
        Taker<int, int> taker = Taker.Of<int>();
        channel.Subscribe(taker);
        channel.Complete();
        OnLoop.Until(loop, () => taker.IsCompleted);
        Assert.Equal([1], taker.Items);
    });
}
