using System.Net.Sockets;

namespace Dispatch.Tests;

/// <summary>Sockets of the framework as connections of a loop.</summary>
public sealed class AdoptTests
{
    [Fact]
    public Task A_socket_that_was_used_asynchronously_waits_without_spinning() => LoopHost.OnLoop(async loop =>
    {
        using Socket listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(Pairs.Loopback);
        listener.Listen();
        using Socket client = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(listener.LocalEndPoint!); // From here on it is non-blocking.
        using Socket server = await listener.AcceptAsync();
        Connection ours = Connection.Adopt(client);
        Task<BufferLease> pending = ours.ReceiveAsync().AsTask();
        await Receiving.TurnAsync(loop, 3);
        long before = loop.Statistics.Completions;
        await Receiving.TurnAsync(loop, 200);
        long during = loop.Statistics.Completions - before;

        Assert.InRange(during, 200, 210); // The turns' own.
        server.Send("hello"u8);
        using (BufferLease lease = await pending)
        {
            Assert.Equal("hello"u8.ToArray(), lease.ToArray());
        }

        Assert.Equal(client.LocalEndPoint, ours.LocalEndPoint);
        Assert.Equal(client.RemoteEndPoint, ours.RemoteEndPoint);
        await ours.CloseAsync();

        // The socket is its owner's again, as it was.
        ValueTask<int> asynchronous = client.ReceiveAsync(new byte[10].AsMemory(), SocketFlags.None);
        server.Send("again"u8);
        Assert.Equal(5, await asynchronous);
    });

    [Fact]
    public Task A_large_send_on_such_a_socket_waits_for_room() => LoopHost.OnLoop(async loop =>
    {
        (int first, int second) = Pairs.Numbers();
        using Socket one = new(new SafeSocketHandle(first, ownsHandle: true)) { Blocking = false };
        using Socket two = new(new SafeSocketHandle(second, ownsHandle: true));
        Connection ours = Connection.Adopt(one);
        byte[] data = Receiving.Pattern(4 << 20);
        Task sending = ours.SendAsync(data).AsTask();
        await Receiving.TurnAsync(loop, 3);
        long before = loop.Statistics.Completions;
        await Receiving.TurnAsync(loop, 200);

        Assert.InRange(loop.Statistics.Completions - before, 200, 210);
        byte[] received = new byte[data.Length];
        await Task.Run(() =>
        {
            int done = 0;
            while (done < received.Length)
            {
                done += two.Receive(received.AsSpan(done));
            }
        });
        await sending;
        Assert.Equal(data, received);
        await ours.CloseAsync();
    });

    [Fact]
    public Task Only_a_connected_stream_socket_is_taken() => LoopHost.OnLoop(_ =>
    {
        using Socket datagram = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        Assert.Throws<ArgumentException>(() => Connection.Adopt(datagram));
        Assert.Throws<ArgumentNullException>(() => Connection.Adopt(null!));
        return Task.CompletedTask;
    });

    [Fact]
    public Task A_socket_disposed_too_early_lives_until_the_connection_is_closed() => LoopHost.OnLoop(async loop =>
    {
        (int first, int second) = Pairs.Numbers();
        Socket one = new(new SafeSocketHandle(first, ownsHandle: true));
        Connection ours = Connection.Adopt(one);
        Connection theirs = new(loop.Engine, new OwnedDescriptor(second), AddressFamily.Unix);
        one.SafeHandle.Dispose();
        await ours.SendAsync("still"u8.ToArray());

        Assert.Equal("still"u8.ToArray(), await Receiving.ExactlyAsync(theirs, 5));
        await ours.CloseAsync();
        Assert.True((await theirs.ReceiveAsync()).IsEmpty);
        await theirs.CloseAsync();
    });
}
