using System.Net.Sockets;

namespace Dispatch.Tests;

/// <summary>Received data as an observable.</summary>
public sealed class ReceivedStreamTests
{
    [Fact]
    public Task It_brings_all_bytes_in_order_and_ends_with_completed() => LoopHost.OnLoop(async loop =>
    {
        (Connection ours, Socket theirs) = await Pairs.TcpAsync(loop);
        byte[] data = Receiving.Pattern(3 << 20);
        List<byte> received = [];
        Recorder<BufferLease> recorder = new(lease => received.AddRange(lease.Span));
        using IDisposable subscription = ours.Received.Subscribe(recorder);
        await Task.Run(() =>
        {
            theirs.Send(data);
            theirs.Shutdown(SocketShutdown.Send);
        });
        await recorder.Ended;

        Assert.Equal(data, received);
        Assert.Equal(1, recorder.Completions);
        Assert.Empty(recorder.Errors);
        Assert.Equal(0, loop.Engine.ReceiveBuffers.Leased);
        Assert.Throws<ObjectDisposedException>(() => recorder.Items[0].Span.Length);
        await ours.CloseAsync();
        theirs.Dispose();
    });

    [Fact]
    public Task A_reset_ends_it_with_an_error() => LoopHost.OnLoop(async loop =>
    {
        (Connection ours, Socket theirs) = await Pairs.TcpAsync(loop);
        Recorder<BufferLease> recorder = new();
        ours.Received.Subscribe(recorder);
        theirs.LingerState = new LingerOption(true, 0);
        theirs.Dispose();
        await recorder.Ended;

        Assert.Equal(SocketError.ConnectionReset, Assert.IsType<SocketException>(Assert.Single(recorder.Errors)).SocketErrorCode);
        Assert.Equal(0, recorder.Completions);
        await ours.CloseAsync();
    });

    [Fact]
    public Task Closing_the_connection_ends_it_with_an_error_once() => LoopHost.OnLoop(async loop =>
    {
        (Connection ours, Connection theirs) = Pairs.Tcp(loop);
        Recorder<BufferLease> recorder = new();
        ours.Received.Subscribe(recorder);

        await ours.CloseAsync();
        await recorder.Ended;

        Assert.IsType<ObjectDisposedException>(Assert.Single(recorder.Errors));
        await theirs.CloseAsync();
    });

    [Fact]
    public Task Disposed_inside_OnNext_it_leaves_the_following_bytes_to_a_receive() => LoopHost.OnLoop(
        async loop =>
        {
            (Connection ours, Connection theirs) = Pairs.Tcp(loop);
            byte[] data = Receiving.Pattern(64 * 40);
            List<byte> received = [];
            IDisposable? subscription = null;
            Recorder<BufferLease> recorder = null!;
            recorder = new(lease =>
            {
                received.AddRange(lease.Span);
                if (recorder.Items.Count == 3)
                {
                    subscription!.Dispose();
                }
            });
            subscription = ours.Received.Subscribe(recorder);
            await theirs.SendAsync(data);
            await theirs.ShutdownAsync();
            received.AddRange(await Receiving.ToEndAsync(ours));

            Assert.Equal(3, recorder.Items.Count);
            Assert.Equal(0, recorder.Completions);
            Assert.Equal(data, received);
            await ours.CloseAsync();
            await theirs.CloseAsync();
        },
        o => o.ReceiveBufferSize = 64);

    [Fact]
    public Task A_receive_begun_inside_OnNext_after_disposing_gets_the_next_bytes() => LoopHost.OnLoop(
        async loop =>
        {
            (Connection ours, Connection theirs) = Pairs.Tcp(loop);
            byte[] data = Receiving.Pattern(64 * 40);
            List<byte> received = [];
            IDisposable? subscription = null;
            Task<byte[]>? rest = null;
            subscription = ours.Received.Subscribe(new Recorder<BufferLease>(lease =>
            {
                received.AddRange(lease.Span);
                subscription!.Dispose();
                rest = Receiving.ToEndAsync(ours);
            }));
            await theirs.SendAsync(data);
            await theirs.ShutdownAsync();
            await Receiving.UntilAsync(loop, () => rest is not null);
            received.AddRange(await rest!);

            Assert.Equal(data, received);
            await ours.CloseAsync();
            await theirs.CloseAsync();
        },
        o => o.ReceiveBufferSize = 64);

    [Fact]
    public Task Resubscribing_goes_on_where_it_stopped() => LoopHost.OnLoop(
        async loop =>
        {
            (Connection ours, Socket theirs) = await Pairs.TcpAsync(loop);
            byte[] data = Receiving.Pattern(1 << 20);
            Task sending = Task.Run(() =>
            {
                theirs.Send(data);
                theirs.Shutdown(SocketShutdown.Send);
            });
            List<byte> received = [];
            int subscriptions = 0;
            Recorder<BufferLease> recorder;
            do
            {
                TaskCompletionSource seen = new(TaskCreationOptions.RunContinuationsAsynchronously);
                IDisposable? subscription = null;
                recorder = new(lease =>
                {
                    received.AddRange(lease.Span);
                    if (seen.TrySetResult())
                    {
                        subscription!.Dispose();
                    }
                });
                subscription = ours.Received.Subscribe(recorder);
                subscriptions++;
                await Task.WhenAny(seen.Task, recorder.Ended);
            }
            while (recorder.Completions == 0);

            await sending;
            Assert.Equal(data, received);
            Assert.True(subscriptions > 10, $"{subscriptions} subscriptions");
            await ours.CloseAsync();
            theirs.Dispose();
        },
        o => o.ReceiveQuota = 2);

    [Fact]
    public Task Unread_bytes_come_before_new_ones_and_before_the_end() => LoopHost.OnLoop(
        async loop =>
        {
            (Connection ours, Connection theirs) = Pairs.Tcp(loop);
            byte[] data = Receiving.Pattern(64 * 12);
            await theirs.SendAsync(data.AsMemory(0, 64 * 8));
            List<byte> received = [];
            using (BufferLease first = await ours.ReceiveAsync())
            {
                received.AddRange(first.Span);
            }

            // The multishot goes on without a reader. In one message of the loop: more data and the end are on their way when the subscriber comes.
            Task rest = theirs.SendAsync(data.AsMemory(64 * 8)).AsTask();
            Task end = theirs.ShutdownAsync().AsTask();
            TaskCompletionSource subscribed = new();
            Recorder<BufferLease> recorder = new(lease => received.AddRange(lease.Span));
            await Receiving.UntilAsync(loop, () => loop.Engine.ReceiveBuffers.Leased >= 7);
            loop.Post(() =>
            {
                ours.Received.Subscribe(recorder);
                subscribed.SetResult();
            });
            await subscribed.Task;
            await rest;
            await end;
            await recorder.Ended;

            Assert.Equal(data, received);
            Assert.Equal(1, recorder.Completions);
            await ours.CloseAsync();
            await theirs.CloseAsync();
        },
        o => o.ReceiveBufferSize = 64);

    [Fact]
    public Task A_subscriber_that_comes_in_the_turn_before_the_next_data_gets_the_old_data_first() => LoopHost.OnLoop(
        async loop =>
        {
            for (int round = 0; round < 50; round++)
            {
                (Connection ours, Connection theirs) = Pairs.Tcp(loop);
                await theirs.SendAsync("abcdefgh"u8.ToArray());
                byte[] one = new byte[1];
                Assert.Equal(1, await ours.ReceiveAsync(one)); // Seven bytes are left unread, and the multishot is armed.
                List<byte> received = [one[0]];
                Recorder<BufferLease> recorder = new(lease => received.AddRange(lease.Span));
                TaskCompletionSource done = new();
                loop.Post(() =>
                {
                    _ = theirs.SendAsync("ijklmnop"u8.ToArray()).AsTask();
                    _ = theirs.ShutdownAsync().AsTask();
                    ours.Received.Subscribe(recorder);
                    done.SetResult();
                });
                await done.Task;
                await recorder.Ended;

                Assert.Equal("abcdefghijklmnop"u8.ToArray(), received);
                await ours.CloseAsync();
                await theirs.CloseAsync();
            }
        });

    [Fact]
    public Task A_second_subscriber_is_refused_and_the_first_goes_on() => LoopHost.OnLoop(async loop =>
    {
        (Connection ours, Connection theirs) = Pairs.Tcp(loop);
        Recorder<BufferLease> first = new();
        ours.Received.Subscribe(first);

        Assert.Throws<InvalidOperationException>(() => ours.Received.Subscribe(new Recorder<BufferLease>()));
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await ours.ReceiveAsync());
        Recorder<BufferLease> foreign = new();
        await Task.Run(() => ours.Received.Subscribe(foreign));
        await foreign.Ended;

        Assert.IsType<InvalidOperationException>(Assert.Single(foreign.Errors));
        await theirs.SendAsync("x"u8.ToArray());
        await Receiving.UntilAsync(loop, () => first.Items.Count == 1);
        await ours.CloseAsync();
        await theirs.CloseAsync();
    });

    [Fact]
    public Task An_observer_that_throws_ends_its_own_subscription_and_nothing_else() => LoopHost.Around(
        host => host.Loop.InvokeAsync(async () =>
        {
            EventLoop loop = host.Loop;
            (Connection ours, Connection theirs) = Pairs.Tcp(loop);
            ours.Received.Subscribe(new Recorder<BufferLease>(_ => throw new InvalidDataException("mine")));
            await theirs.SendAsync("first"u8.ToArray());
            await Receiving.UntilAsync(loop, () => loop.Statistics.UnhandledExceptions == 1);
            await theirs.SendAsync("second"u8.ToArray());
            using BufferLease lease = await ours.ReceiveAsync();

            Assert.Equal("second"u8.ToArray(), lease.ToArray());
            Assert.Equal("mine", Assert.IsType<InvalidDataException>(Assert.Single(host.TakeFaults())).Message);
            Assert.Equal(1, loop.Engine.ReceiveBuffers.Leased);
            await ours.CloseAsync();
            await theirs.CloseAsync();
        }),
        1);

    [Fact]
    public Task An_observer_that_throws_at_the_end_does_not_keep_the_connection_from_closing() => LoopHost.Around(
        host => host.Loop.InvokeAsync(async () =>
        {
            EventLoop loop = host.Loop;
            int slots = loop.Engine.Table.Count;
            (Connection armed, Connection peer) = Pairs.Tcp(loop);
            armed.Received.Subscribe(new Thrower());
            await Receiving.TurnAsync(loop);
            await armed.CloseAsync();
            await peer.CloseAsync();

            // And with nothing in flight: the subscription has not been armed, for want of a buffer.
            (Connection starved, Connection second) = Pairs.Tcp(loop);
            (Connection holder, Connection feeder) = Pairs.Tcp(loop);
            await feeder.SendAsync("x"u8.ToArray());
            BufferLease held = await holder.ReceiveAsync();
            starved.Received.Subscribe(new Thrower());
            await Receiving.UntilAsync(loop, () => loop.Statistics.BufferStarvations >= 1);
            await Receiving.TurnAsync(loop);
            await starved.CloseAsync();
            held.Dispose();
            await Task.WhenAll(second.CloseAsync(), holder.CloseAsync(), feeder.CloseAsync());

            Assert.Equal(["at the end", "at the end"], host.TakeFaults().Select(f => f.Message));
            Assert.InRange(loop.Engine.Table.Count, 0, slots + 4); // What pools keep.
        }),
        1,
        o => o.ReceiveBufferCount = o.MaxReceiveBufferCount = 1);

    [Fact]
    public Task Once_disposed_by_another_thread_it_hands_nothing_over_any_more() => LoopHost.OnLoop(async loop =>
    {
        (Connection ours, Connection theirs) = Pairs.Tcp(loop);
        Recorder<BufferLease> recorder = new();
        IDisposable subscription = ours.Received.Subscribe(recorder);
        await Receiving.TurnAsync(loop);
        await theirs.SendAsync("for the next"u8.ToArray());

        // The data is in the ring, or will be with the next turn; the dispose returns before that.
        Thread other = new(subscription.Dispose);
        other.Start();
        other.Join();
        using BufferLease lease = await ReceiveWhenFree();

        Assert.Equal("for the next"u8.ToArray(), lease.ToArray());
        Assert.Empty(recorder.Items);
        await ours.CloseAsync();
        await theirs.CloseAsync();

        async Task<BufferLease> ReceiveWhenFree()
        {
            await Receiving.TurnAsync(loop, 2);
            return await ours.ReceiveAsync();
        }
    });

    [Fact]
    public Task A_subscription_from_another_thread_is_served_on_the_owner() => LoopHost.Beside(async loop =>
    {
        Connection ours = null!;
        Connection theirs = null!;
        await loop.InvokeAsync(() => { (ours, theirs) = Pairs.Tcp(loop); });
        int foreignItems = 0;
        Recorder<BufferLease> recorder = new(_ => foreignItems += loop.IsOwner ? 0 : 1);
        using IDisposable subscription = ours.Received.Subscribe(recorder);
        await theirs.SendAsync("hello"u8.ToArray());
        await theirs.ShutdownAsync();
        await recorder.Ended;

        Assert.Equal(0, foreignItems);
        Assert.Equal(1, recorder.Completions);
        await ours.CloseAsync();
        await theirs.CloseAsync();
    });

    private sealed class Thrower : IObserver<BufferLease>
    {
        public void OnNext(BufferLease value)
        {
        }

        public void OnCompleted() => throw new InvalidDataException("at the end");

        public void OnError(Exception error) => throw new InvalidDataException("at the end");
    }
}
