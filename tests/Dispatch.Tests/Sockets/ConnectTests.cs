using System.Net;
using System.Net.Sockets;

namespace Dispatch.Tests;

/// <summary>Listening, connecting, addresses, and what goes wrong with them.</summary>
public sealed class ConnectTests
{
    [Theory]
    [InlineData("127.0.0.1", "127.0.0.1")]
    [InlineData("::1", "::1")]
    [InlineData("::", "127.0.0.1")]
    [InlineData("::", "::1")]
    [InlineData("127.0.0.1", "localhost")]
    public Task Both_ends_talk_over_tcp_and_know_their_addresses(string listenOn, string connectTo) => LoopHost.OnLoop(async loop =>
    {
        await using Listener listener = Listener.Listen(new IPEndPoint(IPAddress.Parse(listenOn), 0));
        int port = ((IPEndPoint)listener.LocalEndPoint!).Port;
        Assert.NotEqual(0, port);
        Connection client = await Connection.ConnectAsync(connectTo, port);
        Connection server = await listener.AcceptAsync();

        await EchoAsync(client, server);
        IPEndPoint remote = Assert.IsType<IPEndPoint>(client.RemoteEndPoint);
        Assert.Equal(port, remote.Port);
        Assert.Equal(port, ((IPEndPoint)server.LocalEndPoint!).Port);
        Assert.Equal(((IPEndPoint)client.LocalEndPoint!).Port, ((IPEndPoint)server.RemoteEndPoint!).Port);
        Assert.Same(loop, server.Loop);
        await client.CloseAsync();
        await server.CloseAsync();
    });

    [Fact]
    public Task An_ipv6_listener_without_dual_mode_refuses_ipv4() => LoopHost.OnLoop(async _ =>
    {
        await using Listener listener = Listener.Listen(new IPEndPoint(IPAddress.IPv6Any, 0), new ListenerOptions { DualMode = false });
        int port = ((IPEndPoint)listener.LocalEndPoint!).Port;

        SocketException e = await Assert.ThrowsAsync<SocketException>(() => Connection.ConnectAsync("127.0.0.1", port));

        Assert.Equal(SocketError.ConnectionRefused, e.SocketErrorCode);
    });

    [Fact]
    public Task Both_ends_talk_over_a_unix_domain_socket() => LoopHost.OnLoop(async _ =>
    {
        string path = Pairs.UnixPath();
        await using Listener listener = Listener.Listen(new UnixDomainSocketEndPoint(path));
        Connection client = await Connection.ConnectAsync(new UnixDomainSocketEndPoint(path));
        Connection server = await listener.AcceptAsync();

        await EchoAsync(client, server);
        Assert.Equal(path, listener.LocalEndPoint!.ToString());
        Assert.Equal(path, server.LocalEndPoint!.ToString());
        Assert.Equal(path, client.RemoteEndPoint!.ToString());
        Assert.Null(server.RemoteEndPoint);
        await client.CloseAsync();
        await server.CloseAsync();
        File.Delete(path);
    });

    [Fact]
    public Task A_refused_connect_names_the_address_and_the_error_and_leaves_no_descriptor() => LoopHost.OnLoop(async _ =>
    {
        Listener listener = Listener.Listen(Pairs.Loopback);
        IPEndPoint address = (IPEndPoint)listener.LocalEndPoint!;
        await listener.CloseAsync();
        int before = Descriptors.CountSockets();

        SocketException e = await Assert.ThrowsAsync<SocketException>(() => Connection.ConnectAsync(address));

        Assert.Equal(SocketError.ConnectionRefused, e.SocketErrorCode);
        Assert.Contains("ECONNREFUSED", e.Message, StringComparison.Ordinal);
        Assert.Contains(address.ToString(), e.Message, StringComparison.Ordinal);
        Assert.Equal(before, Descriptors.CountSockets());
    });

    [Fact]
    public Task A_path_without_a_listener_is_refused_and_one_that_is_not_there_is_not_available() => LoopHost.OnLoop(async _ =>
    {
        string path = Pairs.UnixPath();
        await Listener.Listen(new UnixDomainSocketEndPoint(path)).CloseAsync();

        SocketException refused = await Assert.ThrowsAsync<SocketException>(() => Connection.ConnectAsync(new UnixDomainSocketEndPoint(path)));
        SocketException missing = await Assert.ThrowsAsync<SocketException>(() => Connection.ConnectAsync(new UnixDomainSocketEndPoint(path + ".none")));

        Assert.Equal(SocketError.ConnectionRefused, refused.SocketErrorCode);
        Assert.Equal(SocketError.AddressNotAvailable, missing.SocketErrorCode);
        File.Delete(path);
    });

    [Fact]
    public Task A_connect_that_hangs_can_be_cancelled_and_leaves_no_descriptor() => LoopHost.OnLoop(async _ =>
    {
        // Nobody accepts, and the backlog is the smallest: the kernel lets the rest wait.
        using Socket listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(Pairs.Loopback);
        listener.Listen(0);
        int before = Descriptors.CountSockets();
        using CancellationTokenSource source = new();
        Task<Connection>[] connects = [.. Enumerable.Range(0, 16).Select(_ => Connection.ConnectAsync(listener.LocalEndPoint!, cancellationToken: source.Token))];
        await Task.WhenAny(connects);
        await source.CancelAsync();
        int cancelled = 0;
        foreach (Task<Connection> connect in connects)
        {
            try
            {
                await (await connect).CloseAsync();
            }
            catch (OperationCanceledException e)
            {
                Assert.Equal(source.Token, e.CancellationToken);
                cancelled++;
            }
        }

        Assert.NotEqual(0, cancelled);
        Assert.Equal(before, Descriptors.CountSockets());
    });

    [Fact]
    public Task A_connect_whose_token_is_cancelled_already_throws() => LoopHost.OnLoop(async _ =>
    {
        await using Listener listener = Listener.Listen(Pairs.Loopback);
        int before = Descriptors.CountSockets();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Connection.ConnectAsync(listener.LocalEndPoint!, cancellationToken: new(true)));

        Assert.Equal(before, Descriptors.CountSockets());
    });

    [Theory]
    [InlineData(0)]
    [InlineData(65536)]
    [InlineData(-1)]
    public Task A_port_out_of_range_is_refused(int port) => LoopHost.OnLoop(async _ =>
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Connection.ConnectAsync("127.0.0.1", port)));

    [Fact]
    public Task A_port_in_use_throws() => LoopHost.OnLoop(async _ =>
    {
        await using Listener listener = Listener.Listen(Pairs.Loopback);
        int before = Descriptors.CountSockets();

        SocketException e = Assert.Throws<SocketException>(() => Listener.Listen(listener.LocalEndPoint!));

        Assert.Equal(SocketError.AddressAlreadyInUse, e.SocketErrorCode);
        Assert.Contains("EADDRINUSE", e.Message, StringComparison.Ordinal);
        Assert.Contains(listener.LocalEndPoint!.ToString()!, e.Message, StringComparison.Ordinal);
        Assert.Equal(before, Descriptors.CountSockets());
    });

    [Fact]
    public Task An_address_that_is_not_ours_throws() => LoopHost.OnLoop(_ =>
    {
        SocketException foreign = Assert.Throws<SocketException>(() => Listener.Listen(new IPEndPoint(IPAddress.Parse("192.0.2.1"), 0)));
        SocketException folder = Assert.Throws<SocketException>(() => Listener.Listen(new UnixDomainSocketEndPoint("/nonexistent-folder/x.sock")));

        Assert.Equal(SocketError.AddressNotAvailable, foreign.SocketErrorCode);
        Assert.Equal(SocketError.AddressNotAvailable, folder.SocketErrorCode);
        return Task.CompletedTask;
    });

    [Fact]
    public Task A_privileged_port_without_the_privilege_is_access_denied() => LoopHost.Beside(loop =>
    {
        SocketException? thrown = null;
        Thread unprivileged = new(() =>
        {
            Credentials.DropOnThisThread();
            thrown = Assert.Throws<SocketException>(() => Listener.Listen(new IPEndPoint(IPAddress.Loopback, 1), null, loop));
        });
        unprivileged.Start();
        unprivileged.Join();

        Assert.Equal(SocketError.AccessDenied, thrown!.SocketErrorCode);
        return Task.CompletedTask;
    });

    [Fact]
    public Task Off_a_loop_the_loop_has_to_be_named() => LoopHost.Beside(async loop =>
    {
        Assert.Throws<InvalidOperationException>(() => Listener.Listen(Pairs.Loopback));
        await using Listener listener = Listener.Listen(Pairs.Loopback, null, loop);
        await Assert.ThrowsAsync<InvalidOperationException>(() => Connection.ConnectAsync(listener.LocalEndPoint!));
        Connection client = await Connection.ConnectAsync(listener.LocalEndPoint!, loop);

        Assert.Same(loop, client.Loop);
        await client.CloseAsync();
    });

    private static async Task EchoAsync(Connection client, Connection server)
    {
        await client.SendAsync("ping"u8.ToArray());
        using (BufferLease lease = await server.ReceiveAsync())
        {
            Assert.Equal("ping"u8.ToArray(), lease.ToArray());
            await server.SendAsync(lease);
        }

        Assert.Equal("ping"u8.ToArray(), await Receiving.ExactlyAsync(client, 4));
    }
}
