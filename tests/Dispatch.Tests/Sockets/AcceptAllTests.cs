using System.Net.Sockets;

namespace Dispatch.Tests;

/// <summary>The pull form of accepting: <c>await foreach</c> over a listener's connections.</summary>
public sealed class AcceptAllTests
{
    [Fact]
    public Task Connections_come_in_order_and_the_close_ends_it() => LoopHost.OnLoop(async loop =>
    {
        const int Count = 40;
        Listener listener = Listener.Listen(Pairs.Loopback);
        List<Socket> clients = [.. Enumerable.Range(0, Count / 2).Select(_ => Connect(listener))];
        List<string> seen = [];
        await foreach (Connection connection in listener.AcceptAllAsync())
        {
            Assert.True(loop.IsOwner);
            seen.Add(connection.RemoteEndPoint!.ToString()!);
            await connection.CloseAsync();
            if (clients.Count < Count)
            {
                clients.Add(Connect(listener));
            }

            if (seen.Count == Count)
            {
                _ = listener.CloseAsync(); // While it is not waited for a connection.
            }
        }

        Assert.Equal(clients.Select(c => c.LocalEndPoint!.ToString()), seen);
        clients.ForEach(c => c.Dispose());
    });

    [Fact]
    public Task A_close_ends_the_waiting_and_a_closed_listener_has_none() => LoopHost.OnLoop(async loop =>
    {
        Listener listener = Listener.Listen(Pairs.Loopback);
        Task<int> counting = CountAsync(listener);
        await Receiving.UntilAsync(loop, () => loop.Engine.UserInFlight == 1);
        await listener.CloseAsync();

        Assert.Equal(0, await counting);
        Assert.Equal(0, await CountAsync(listener));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await listener.AcceptAsync());
    });

    [Fact]
    public Task Leaving_pauses_and_the_next_goes_on() => LoopHost.OnLoop(async loop =>
    {
        const int Count = 60;
        await using Listener listener = Listener.Listen(Pairs.Loopback, new ListenerOptions { AcceptQuota = 4 });
        Socket[] clients = [.. Enumerable.Range(0, Count).Select(_ => Connect(listener))];
        List<Connection> accepted = [];
        for (int i = 0; i < Count; i++)
        {
            await foreach (Connection connection in listener.AcceptAllAsync(TestContext.Current.CancellationToken))
            {
                accepted.Add(connection);
                break;
            }

            await Receiving.UntilAsync(loop, () => loop.Engine.UserInFlight == 0); // Nobody takes, and nothing is armed.
        }

        Assert.Equal(clients.Select(c => c.LocalEndPoint!.ToString()), accepted.Select(c => c.RemoteEndPoint!.ToString()));
        Assert.Equal(0, loop.Statistics.Orphans);
        await Task.WhenAll(accepted.Select(c => c.CloseAsync()));
        Array.ForEach(clients, c => c.Dispose());
    });

    [Fact]
    public Task What_a_slow_taker_leaves_waits_in_the_kernels_backlog() => LoopHost.OnLoop(async loop =>
    {
        await using Listener listener = Listener.Listen(Pairs.Loopback, new ListenerOptions { AcceptQuota = 4 });
        await using IAsyncEnumerator<Connection> all = listener.AcceptAllAsync().GetAsyncEnumerator();
        Task<bool> one = all.MoveNextAsync().AsTask();
        List<Socket> clients = [.. Enumerable.Range(0, 5).Select(_ => Connect(listener))];
        Assert.True(await one);
        await Receiving.UntilAsync(loop, () => loop.Engine.UserInFlight == 0); // Paused, four are waiting here.
        int before = Descriptors.CountSockets();
        clients.AddRange(Enumerable.Range(0, 100).Select(_ => Connect(listener)));
        await Receiving.TurnAsync(loop, 10);

        Assert.Equal(before + 100, Descriptors.CountSockets()); // The clients' own ends.
        await all.Current.CloseAsync();
        for (int i = 1; i < 105; i++)
        {
            Assert.True(await all.MoveNextAsync());
            Assert.Equal(clients[i].LocalEndPoint!.ToString(), all.Current.RemoteEndPoint!.ToString());
            await all.Current.CloseAsync();
        }

        clients.ForEach(c => c.Dispose());
    });

    [Fact]
    public Task Connections_left_behind_are_reset_and_counted_when_the_listener_closes() => LoopHost.OnLoop(async loop =>
    {
        Listener listener = Listener.Listen(Pairs.Loopback);
        IAsyncEnumerator<Connection> all = listener.AcceptAllAsync().GetAsyncEnumerator();
        Task<bool> one = all.MoveNextAsync().AsTask();
        Socket[] clients = [.. Enumerable.Range(0, 5).Select(_ => Connect(listener))];
        Assert.True(await one);
        Connection taken = all.Current;
        await Receiving.TurnAsync(loop, 5);
        await all.DisposeAsync();
        Assert.Equal(0, loop.Statistics.Orphans); // They may still find a taker.
        int before = Descriptors.CountSockets();

        await listener.CloseAsync();
        await Receiving.UntilAsync(loop, () => loop.Engine.UserInFlight == 0);

        Assert.Equal(4, loop.Statistics.Orphans);
        Assert.Equal(before - 5, Descriptors.CountSockets());
        await taken.CloseAsync();
        Array.ForEach(clients, c => c.Dispose());
    });

    [Fact]
    public Task A_cancelled_wait_says_so_and_the_next_goes_on() => LoopHost.OnLoop(async _ =>
    {
        await using Listener listener = Listener.Listen(Pairs.Loopback);
        using CancellationTokenSource source = new();
        Task<int> counting = CountAsync(listener, source.Token);
        await source.CancelAsync();
        OperationCanceledException e = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => counting);
        Assert.Equal(source.Token, e.CancellationToken);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => CountAsync(listener, source.Token));

        using Socket client = Connect(listener);
        await using IAsyncEnumerator<Connection> all = listener.AcceptAllAsync().GetAsyncEnumerator();
        Assert.True(await all.MoveNextAsync());
        Assert.Equal(client.LocalEndPoint!.ToString(), all.Current.RemoteEndPoint!.ToString());
        await all.Current.CloseAsync();
    });

    [Fact]
    public Task Others_are_refused_from_the_first_item_to_the_disposal() => LoopHost.OnLoop(async _ =>
    {
        await using Listener listener = Listener.Listen(Pairs.Loopback);
        using Socket first = Connect(listener);
        using Socket second = Connect(listener);
        IAsyncEnumerator<Connection> all = listener.AcceptAllAsync().GetAsyncEnumerator();
        Assert.True(await all.MoveNextAsync());

        // It waits for nothing at the moment, and is the consumer all the same.
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await listener.AcceptAsync());
        await Assert.ThrowsAsync<InvalidOperationException>(() => CountAsync(listener));
        Assert.Throws<InvalidOperationException>(() => listener.Accepts.Subscribe(new Recorder<Connection>()));
        await all.Current.CloseAsync();
        Assert.True(await all.MoveNextAsync());
        await all.Current.CloseAsync();
        await all.DisposeAsync();

        using Socket third = Connect(listener);
        Connection taken = await listener.AcceptAsync();
        Assert.Equal(third.LocalEndPoint!.ToString(), taken.RemoteEndPoint!.ToString());
        await taken.CloseAsync();
    });

    [Fact]
    public Task It_works_from_other_threads_and_ends_with_the_loop() => LoopHost.Around(
        async host =>
        {
            Listener listener = Listener.Listen(Pairs.Loopback, null, host.Loop);
            await using IAsyncEnumerator<Connection> all = listener.AcceptAllAsync().GetAsyncEnumerator();
            for (int i = 0; i < 20; i++)
            {
                using Socket client = Connect(listener);
                Assert.True(await all.MoveNextAsync());
                Assert.False(host.Loop.IsOwner);
                Assert.Equal(client.LocalEndPoint!.ToString(), all.Current.RemoteEndPoint!.ToString());
                await all.Current.CloseAsync();
            }

            Task<bool> waiting = all.MoveNextAsync().AsTask();
            await host.Loop.InvokeAsync(() => Receiving.UntilAsync(host.Loop, () => host.Loop.Engine.UserInFlight == 1));
            host.Loop.RequestStop(null);
            Assert.False(await waiting);
        },
        1);

    private static async Task<int> CountAsync(Listener listener, CancellationToken token = default)
    {
        int count = 0;
        await foreach (Connection connection in listener.AcceptAllAsync(token))
        {
            count++;
            await connection.CloseAsync();
        }

        return count;
    }

    private static Socket Connect(Listener listener)
    {
        Socket client = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        client.Connect(listener.LocalEndPoint!);
        return client;
    }
}
