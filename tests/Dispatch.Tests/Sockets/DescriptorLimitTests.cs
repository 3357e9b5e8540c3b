using System.Net;
using System.Net.Sockets;
using Tmds.Linux;

namespace Dispatch.Tests;

/// <summary>No descriptor is left to accept with.</summary>
public sealed class DescriptorLimitTests
{
    [Fact]
    public Task An_accept_without_descriptors_does_not_spin_and_recovers() => ChildTest.RunAsync(typeof(DescriptorLimitTests), nameof(In_a_child_accepting));

    [Fact]
    public Task A_connect_without_descriptors_says_so() => ChildTest.RunAsync(typeof(DescriptorLimitTests), nameof(In_a_child_connecting));

    [Fact]
    public Task A_loop_ends_while_its_listener_waits_for_a_descriptor() => ChildTest.RunAsync(typeof(DescriptorLimitTests), nameof(In_a_child_ending));

    [Fact(Explicit = true)]
    public Task In_a_child_accepting() => LoopHost.OnLoop(async loop =>
    {
        await WarmUpAsync();
        await using Listener listener = Listener.Listen(Pairs.Loopback);
        Socket[] clients = [.. Enumerable.Range(0, 3).Select(_ => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp))];
        (Connection held, Connection other) = Pairs.Local(loop);
        Task<Connection> accept = listener.AcceptAsync().AsTask();
        await Receiving.TurnAsync(loop);
        List<int> hoard = Exhaust();
        clients[0].Connect(listener.LocalEndPoint!);
        await Receiving.UntilAsync(loop, () => loop.Statistics.AcceptBackoffs >= 1);
        long backoffs = loop.Statistics.AcceptBackoffs;
        await Receiving.TurnAsync(loop, 2000);

        Assert.InRange(loop.Statistics.AcceptBackoffs - backoffs, 0, 100); // A listener that armed again at once would have tried in every turn.
        Assert.False(accept.IsCompleted);

        // A descriptor closed by Dispatch is noticed at once; one closed behind its back at the next try.
        clients[1].Connect(listener.LocalEndPoint!);
        await held.CloseAsync();
        Connection first = await accept;
        _ = LibC.close(hoard[0]);
        Connection second = await listener.AcceptAsync();
        Release(hoard[1..]);
        clients[2].Connect(listener.LocalEndPoint!);
        Connection third = await listener.AcceptAsync();
        await Task.WhenAll(first.CloseAsync(), second.CloseAsync(), third.CloseAsync(), other.CloseAsync());
        Array.ForEach(clients, c => c.Dispose());
    });

    [Fact(Explicit = true)]
    public Task In_a_child_connecting() => LoopHost.OnLoop(async loop =>
    {
        await WarmUpAsync();
        await using Listener listener = Listener.Listen(Pairs.Loopback);
        List<int> hoard = Exhaust();
        (SocketException connect, SocketException listen, IOException open) = await FailAsync(listener.LocalEndPoint!, Pairs.Loopback, "/etc/hostname");
        Release(hoard);

        Assert.Equal(SocketError.TooManyOpenSockets, connect.SocketErrorCode);
        Assert.Equal(SocketError.TooManyOpenSockets, listen.SocketErrorCode);
        Assert.Contains("ulimit -n", connect.Message, StringComparison.Ordinal);
        Assert.Contains("ulimit -n", open.Message, StringComparison.Ordinal);
    });

    [Fact(Explicit = true)]
    public async Task In_a_child_ending()
    {
        Task<Connection> accept = null!;
        Recorder<Connection> recorder = new();
        List<int> hoard = [];
        await LoopHost.OnLoop(async loop =>
        {
            await WarmUpAsync();
            Listener first = Listener.Listen(Pairs.Loopback);
            Listener second = Listener.Listen(Pairs.Loopback);
            hoard = Exhaust();
            accept = first.AcceptAsync().AsTask();
            second.Accepts.Subscribe(recorder);
            await Receiving.UntilAsync(loop, () => loop.Statistics.AcceptBackoffs >= 2);
            Release(hoard); // Behind its back: the listeners still pause.
        });

        await Assert.ThrowsAsync<ObjectDisposedException>(() => accept).WaitAsync(LoopHost.Limit);
        await recorder.Ended.WaitAsync(LoopHost.Limit);
        Assert.Equal(1, recorder.Completions);
    }

    /// <summary>Does once what is done later: the runtime opens files for the code that it has not run yet.</summary>
    private static async Task WarmUpAsync()
    {
        Limits.Set(Limits.Descriptors, 256); // Before anything is armed: a request keeps the limit that it was submitted under.
        Listener listener = Listener.Listen(Pairs.Loopback);
        using Socket client = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        client.Connect(listener.LocalEndPoint!);
        await (await listener.AcceptAsync()).CloseAsync();
        await FailAsync(new UnixDomainSocketEndPoint("/nonexistent"), listener.LocalEndPoint!, "/dev/null/x");
        await listener.CloseAsync();
    }

    private static async Task<(SocketException Connect, SocketException Listen, IOException Open)> FailAsync(EndPoint to, EndPoint on, string path)
    {
        SocketException connect = await Assert.ThrowsAsync<SocketException>(() => Connection.ConnectAsync(to));
        SocketException listen = Assert.Throws<SocketException>(() => Listener.Listen(on));
        IOException open = await Assert.ThrowsAnyAsync<IOException>(() => DispatchFile.OpenAsync(path));
        return (connect, listen, open);
    }

    private static List<int> Exhaust()
    {
        List<int> numbers = [];
        int number;
        while ((number = LibC.dup(0)) >= 0)
        {
            numbers.Add(number);
        }

        return numbers;
    }

    private static void Release(List<int> numbers) => numbers.ForEach(n => Assert.Equal(0, LibC.close(n)));
}
