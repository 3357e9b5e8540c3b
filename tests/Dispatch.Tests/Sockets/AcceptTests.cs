using System.Net.Sockets;

namespace Dispatch.Tests;

/// <summary>Accepting: one by one, as a stream, cancelled, paused.</summary>
public sealed class AcceptTests
{
    [Fact]
    public Task A_cancelled_accept_loses_no_connection() => LoopHost.OnLoop(async loop =>
    {
        const int Rounds = 300;
        await using Listener listener = Listener.Listen(Pairs.Loopback);
        CancellationTokenSource[] sources = [.. Enumerable.Range(0, Rounds).Select(_ => new CancellationTokenSource())];
        using Barrier barrier = new(2);
        List<Socket> clients = [];
        Task connector = Task.Run(() =>
        {
            for (int i = 0; i < Rounds; i++)
            {
                Socket client = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                clients.Add(client);
                barrier.SignalAndWait();
                client.Connect(listener.LocalEndPoint!);
            }
        });
        Task canceller = Task.Run(() =>
        {
            for (int i = 0; i < Rounds; i++)
            {
                barrier.SignalAndWait();
                sources[i].Cancel();
            }
        });
        HashSet<string> accepted = [];
        int cancelled = 0;
        foreach (CancellationTokenSource source in sources)
        {
            try
            {
                await TakeAsync(source.Token);
            }
            catch (OperationCanceledException e)
            {
                Assert.Equal(source.Token, e.CancellationToken);
                cancelled++;
            }
        }

        await connector;
        await canceller;
        while (accepted.Count < Rounds)
        {
            await TakeAsync(CancellationToken.None);
        }

        Assert.NotEqual(0, cancelled);
        Assert.Equal(clients.Select(c => c.LocalEndPoint!.ToString()).Order(), accepted.Order());
        Assert.Equal(0, loop.Statistics.Orphans);
        clients.ForEach(c => c.Dispose());

        async Task TakeAsync(CancellationToken token)
        {
            Connection connection = await listener.AcceptAsync(token);
            Assert.True(accepted.Add(connection.RemoteEndPoint!.ToString()!));
            await connection.CloseAsync();
        }
    });

    [Fact]
    public Task Disposing_the_stream_pauses_and_resubscribing_goes_on() => LoopHost.OnLoop(async loop =>
    {
        const int Count = 60;
        await using Listener listener = Listener.Listen(Pairs.Loopback, new ListenerOptions { AcceptQuota = 4 });
        Socket[] clients = [.. Enumerable.Range(0, Count).Select(_ => Connect(listener))];
        List<Connection> accepted = [];
        while (accepted.Count < Count)
        {
            TaskCompletionSource seen = new(TaskCreationOptions.RunContinuationsAsynchronously);
            IDisposable? subscription = null;
            bool done = false;
            subscription = listener.Accepts.Subscribe(new Recorder<Connection>(connection =>
            {
                Assert.False(done, "It was handed over to a subscriber that had gone.");
                accepted.Add(connection);
                done = true;
                subscription?.Dispose();
                seen.TrySetResult();
            }));
            await seen.Task;
            subscription.Dispose();
        }

        Assert.Equal(clients.Select(c => c.LocalEndPoint!.ToString()), accepted.Select(c => c.RemoteEndPoint!.ToString()));
        Assert.Equal(0, loop.Statistics.Orphans);
        await Task.WhenAll(accepted.Select(c => c.CloseAsync()));
        Array.ForEach(clients, c => c.Dispose());
    });

    [Fact]
    public Task What_nobody_takes_waits_in_the_kernels_backlog() => LoopHost.OnLoop(async loop =>
    {
        await using Listener listener = Listener.Listen(Pairs.Loopback, new ListenerOptions { AcceptQuota = 4 });
        Task<Connection> one = listener.AcceptAsync().AsTask();
        List<Socket> clients = [.. Enumerable.Range(0, 5).Select(_ => Connect(listener))];
        await (await one).CloseAsync();
        await Receiving.UntilAsync(loop, () => loop.Engine.UserInFlight == 0); // Paused, four are waiting here.
        int before = Descriptors.CountSockets();
        clients.AddRange(Enumerable.Range(0, 100).Select(_ => Connect(listener)));
        await Receiving.TurnAsync(loop, 10);

        Assert.Equal(before + 100, Descriptors.CountSockets()); // The clients' own ends.
        for (int i = 1; i < 105; i++)
        {
            await (await listener.AcceptAsync()).CloseAsync();
        }

        clients.ForEach(c => c.Dispose());
    });

    [Fact]
    public Task Connections_that_nobody_took_are_reset_and_counted_when_the_listener_closes() => LoopHost.OnLoop(async loop =>
    {
        Listener listener = Listener.Listen(Pairs.Loopback);
        Task<Connection> one = listener.AcceptAsync().AsTask();
        Socket[] clients = [.. Enumerable.Range(0, 5).Select(_ => Connect(listener))];
        Connection taken = await one;
        await Receiving.TurnAsync(loop, 5);
        int before = Descriptors.CountSockets();

        await listener.CloseAsync();
        await Receiving.UntilAsync(loop, () => loop.Engine.UserInFlight == 0);

        Assert.Equal(4, loop.Statistics.Orphans);
        Assert.Equal(before - 5, Descriptors.CountSockets());
        await taken.CloseAsync();
        Array.ForEach(clients, c => c.Dispose());
    });

    [Fact]
    public Task Closing_the_listener_ends_an_accept_and_a_stream() => LoopHost.OnLoop(async _ =>
    {
        Listener first = Listener.Listen(Pairs.Loopback);
        Listener second = Listener.Listen(Pairs.Loopback);
        Task<Connection> accept = first.AcceptAsync().AsTask();
        Recorder<Connection> recorder = new();
        second.Accepts.Subscribe(recorder);

        await first.CloseAsync();
        await second.CloseAsync();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => accept);
        await recorder.Ended;
        Assert.Equal(1, recorder.Completions);
    });

    [Fact]
    public Task A_second_subscriber_is_refused_and_the_first_goes_on() => LoopHost.OnLoop(async loop =>
    {
        await using Listener listener = Listener.Listen(Pairs.Loopback);
        Recorder<Connection> first = new();
        listener.Accepts.Subscribe(first);

        Assert.Throws<InvalidOperationException>(() => listener.Accepts.Subscribe(new Recorder<Connection>()));
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await listener.AcceptAsync());
        using Socket client = Connect(listener);
        await Receiving.UntilAsync(loop, () => first.Items.Count == 1);
        await first.Items[0].CloseAsync();
    });

    [Fact]
    public Task An_observer_that_throws_ends_its_own_subscription_and_nothing_else() => LoopHost.Around(
        host => host.Loop.InvokeAsync(async () =>
        {
            await using Listener listener = Listener.Listen(Pairs.Loopback);
            Recorder<Connection> recorder = new(_ => throw new InvalidDataException("mine"));
            listener.Accepts.Subscribe(recorder);
            using Socket first = Connect(listener);
            await Receiving.UntilAsync(host.Loop, () => recorder.Items.Count == 1);
            using Socket second = Connect(listener);
            Connection taken = await listener.AcceptAsync();

            Assert.Equal(second.LocalEndPoint!.ToString(), taken.RemoteEndPoint!.ToString());
            Assert.Equal("mine", Assert.Single(host.TakeFaults()).Message);
            await taken.CloseAsync();
            await recorder.Items[0].CloseAsync();
        }),
        1);

    [Fact]
    public Task Accepting_and_subscribing_work_from_other_threads() => LoopHost.Beside(async loop =>
    {
        await using Listener listener = Listener.Listen(Pairs.Loopback, null, loop);
        using Socket first = Connect(listener);
        Connection accepted = await listener.AcceptAsync();
        int foreign = 0;
        Recorder<Connection> recorder = new(_ => foreign += loop.IsOwner ? 0 : 1);
        listener.Accepts.Subscribe(recorder);
        using Socket second = Connect(listener);
        await loop.InvokeAsync(() => Receiving.UntilAsync(loop, () => recorder.Items.Count == 1));
        Recorder<Connection> refused = new();
        listener.Accepts.Subscribe(refused);
        await refused.Ended;

        Assert.Equal(0, foreign);
        Assert.IsType<InvalidOperationException>(Assert.Single(refused.Errors));
        await accepted.CloseAsync();
        await recorder.Items[0].CloseAsync();
    });

    [Fact]
    public Task Handles_made_on_other_threads_do_not_disturb_the_owner() => LoopHost.Beside(async loop =>
    {
        // The owner fills and empties its table all the time while four threads make handles for it.
        using CancellationTokenSource stop = new();
        Task busy = loop.InvokeAsync(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                (Connection a, Connection b) = Pairs.Local(loop);
                Task<BufferLease> receive = a.ReceiveAsync().AsTask();
                await b.SendAsync("x"u8.ToArray());
                (await receive).Dispose();
                await Task.WhenAll(a.CloseAsync(), b.CloseAsync());
            }
        });
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            for (int i = 0; i < 500; i++)
            {
                (int first, int second) = Pairs.Numbers();
                using Socket one = new(new SafeSocketHandle(first, ownsHandle: true));
                using Socket two = new(new SafeSocketHandle(second, ownsHandle: true));
                Connection a = Connection.Adopt(one, loop);
                Connection b = Connection.Adopt(two, loop);
                await a.SendAsync(BitConverter.GetBytes(i));
                Assert.Equal(BitConverter.GetBytes(i), await Receiving.ExactlyAsync(b, 4));
                await a.CloseAsync();
                await b.CloseAsync();
            }
        })));
        await stop.CancelAsync();
        await busy;
    });

    private static Socket Connect(Listener listener)
    {
        Socket client = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        client.Connect(listener.LocalEndPoint!);
        return client;
    }
}
