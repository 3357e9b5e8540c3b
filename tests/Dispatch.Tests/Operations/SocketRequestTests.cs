using System.Net;
using System.Net.Sockets;

namespace Dispatch.Tests;

/// <summary>Requests on sockets: each does what its name says, against the framework's own sockets on loopback.</summary>
public sealed class SocketRequestTests
{
    private const int AfInet = 2;
    private const int SockStreamCloseOnExec = 1 | 0x80000;

    [Fact]
    public void A_socket_is_made_connected_written_to_read_from_and_shut_down() => OnLoop.Run(async loop =>
    {
        using Socket listener = Listen();
        int number = await loop.ExecuteAsync(IoRequest.Socket(AfInet, SockStreamCloseOnExec));
        using Socket client = new(new SafeSocketHandle(number, ownsHandle: true));
        await loop.ExecuteAsync(IoRequest.Connect(client, listener.LocalEndPoint!));
        using Socket server = listener.Accept();

        Assert.Equal(4, await loop.ExecuteAsync(IoRequest.Send(client, new byte[] { 1, 2, 3, 4 })));
        byte[] got = new byte[8];
        Assert.Equal(4, server.Receive(got));
        Assert.Equal([1, 2, 3, 4], got[..4]);

        server.Send([5, 6]);
        Assert.Equal(2, await loop.ExecuteAsync(IoRequest.Receive(client, got)));
        Assert.Equal([5, 6], got[..2]);

        Assert.Equal(0, await loop.ExecuteAsync(IoRequest.Shutdown(client, SocketShutdown.Send)));
        Assert.Equal(0, server.Receive(got));
        server.Shutdown(SocketShutdown.Both);
        Assert.Equal(0, await loop.ExecuteAsync(IoRequest.Receive(client, got)));
    });

    [Fact]
    public void An_accept_gives_the_descriptor_of_the_connection() => OnLoop.Run(async loop =>
    {
        using Socket listener = Listen();
        ValueTask<int> accept = loop.ExecuteAsync(IoRequest.Accept(listener));
        using Socket client = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        client.Connect(listener.LocalEndPoint!);
        using Socket server = new(new SafeSocketHandle(await accept, ownsHandle: true));

        client.Send([7]);
        byte[] got = new byte[1];
        Assert.Equal(1, server.Receive(got));
        Assert.Equal(7, got[0]);
    });

    [Fact]
    public void A_multishot_accept_gives_one_descriptor_a_connection() => OnLoop.Poll(loop =>
    {
        using Socket listener = Listen();
        List<Socket> servers = [];
        Recorder recorder = new() { Then = c => servers.AddRange(c.Result >= 0 ? [new Socket(new SafeSocketHandle((nint)c.Result, ownsHandle: true))] : []) };
        OperationHandle accept = loop.Observe(IoRequest.AcceptMultishot(listener), recorder);
        List<Socket> clients = [];
        for (int i = 0; i < 5; i++)
        {
            Socket client = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            client.Connect(listener.LocalEndPoint!);
            clients.Add(client);
        }

        OnLoop.Until(loop, () => servers.Count == 5);
        accept.Cancel();
        OnLoop.Until(loop, () => recorder.IsCompleted);
        Assert.Equal(clients.Select(c => c.LocalEndPoint).ToHashSet(), servers.Select(s => s.RemoteEndPoint).ToHashSet());
        clients.ForEach(c => c.Dispose());
        servers.ForEach(s => s.Dispose());
    });

    [Fact]
    public void A_refused_connect_is_a_socket_exception_with_the_address() => OnLoop.Run(async loop =>
    {
        EndPoint nobody;
        using (Socket closed = Listen())
        {
            nobody = closed.LocalEndPoint!;
        }

        using Socket client = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        SocketException thrown = await Assert.ThrowsAsync<SocketException>(async () => await loop.ExecuteAsync(IoRequest.Connect(client, nobody)));
        Assert.Equal(SocketError.ConnectionRefused, thrown.SocketErrorCode);
        Assert.Contains(nobody.ToString()!, thrown.Message, StringComparison.Ordinal);
    });

    [Fact]
    public void A_send_to_a_vanished_peer_is_an_error_and_no_signal() => OnLoop.Run(async loop =>
    {
        using Socket listener = Listen();
        using Socket client = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        client.Connect(listener.LocalEndPoint!);
        Socket server = listener.Accept();
        server.LingerState = new LingerOption(true, 0);
        server.Dispose();
        Completion last;
        do
        {
            last = await loop.CompleteAsync(IoRequest.Send(client, new byte[1024], MessageFlags.None));
        }
        while (!last.IsError);

        Assert.Contains(last.ErrorNumber, new[] { Errno.EPIPE, Errno.ECONNRESET });
    });

    [Fact]
    public void A_name_has_to_be_resolved_before() =>
        Assert.Throws<ArgumentException>(() => IoRequest.Connect(1, new DnsEndPoint("localhost", 1)));

    [Fact]
    public void A_multishot_receive_brings_leases_of_the_loops_buffers() => OnLoop.Poll(loop =>
    {
        using Socket listener = Listen();
        using Socket client = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        client.Connect(listener.LocalEndPoint!);
        using Socket server = listener.Accept();
        _ = loop.Engine.ReceiveBuffers;
        List<byte> got = [];
        Recorder recorder = new()
        {
            Then = c =>
            {
                if (c.BufferId >= 0)
                {
                    using BufferLease lease = loop.TakeBuffer(c);
                    got.AddRange(lease.Span);
                }
            },
        };
        loop.Observe(IoRequest.ReceiveMultishot(server), recorder);
        for (byte i = 0; i < 10; i++)
        {
            client.Send([i]);
            OnLoop.Until(loop, () => got.Count == i + 1);
        }

        client.Shutdown(SocketShutdown.Send);
        OnLoop.Until(loop, () => recorder.IsCompleted);
        Assert.Equal(Enumerable.Range(0, 10).Select(i => (byte)i), got);
        Assert.Equal(0, recorder.Items[^1].Result);
        Assert.Equal(0, loop.Engine.ReceiveBuffers.Leased);
    });

    private static Socket Listen()
    {
        Socket listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        return listener;
    }
}
