using System.Net;

namespace Dispatch.Conformance.Sockets;

/// <summary>What is asked of a socket and told to it.</summary>
public sealed class SocketCommandTests : KernelTests
{
    private const int SocketLevel = 1;
    private const int KeepAlive = 9;
    private const int TcpLevel = 6;
    private const int NoDelay = 1;

    [Theory]
    [EveryKernel]
    [Covers(nameof(IoRequest.Bind))]
    [Covers(nameof(IoRequest.Listen))]
    public void A_socket_that_is_bound_and_listens_takes_connections_and_its_address_is_taken(TestedKernel kernel) => Run(kernel, async w =>
    {
        int listener = await w.Do(IoRequest.Socket(2, 1 | 0x80000));
        Assert.Equal(0, await w.Do(IoRequest.Bind(listener, new IPEndPoint(IPAddress.Loopback, 0))));
        Assert.Equal(0, await w.Do(IoRequest.Listen(listener)));
        EndPoint at = SocketCalls.NameOf(w.Loop.Engine.Ring.Calls, listener)!;
        int client = await w.Do(IoRequest.Socket(2, 1 | 0x80000));
        Assert.Equal(-Errno.EADDRINUSE, await w.Do(IoRequest.Bind(client, at)));
        Assert.Equal(0, await w.Do(IoRequest.Connect(client, at)));
        int server = await w.Do(IoRequest.Accept(listener).WithPollFirst());
        await w.Send(client, new byte[] { 1, 2 });
        byte[] received = new byte[2];
        Assert.Equal(2, await w.Do(IoRequest.Receive(server, received, MessageFlags.WaitAll).WithPollFirst()));
        Assert.Equal([1, 2], received);
        await w.Close(client, server, listener);
    });

    [Theory]
    [EveryKernel(Capability.SocketCommands)]
    [Covers(nameof(IoRequest.SocketInputBytes))]
    [Covers(nameof(IoRequest.SocketOutputBytes))]
    [Covers(nameof(IoRequest.GetSocketOption))]
    [Covers(nameof(IoRequest.SetSocketOption))]
    public void A_socket_tells_its_bytes_and_keeps_its_options(TestedKernel kernel) => Run(kernel, async w =>
    {
        (int client, int server) = await MessageTests.Connections(w);
        Assert.Equal(0, await w.Do(IoRequest.SocketInputBytes(server)));
        await w.Send(client, new byte[5]);
        Assert.Equal(1, await w.Do(IoRequest.Receive(server, new byte[1], MessageFlags.Peek)));
        Assert.Equal(5, await w.Do(IoRequest.SocketInputBytes(server)));
        int pending;
        do
        {
            pending = await w.Do(IoRequest.SocketOutputBytes(client)); // Until the acknowledgement has come.
        }
        while (pending > 0);
        Assert.Equal(0, pending);

        byte[] value = new byte[8];
        Assert.Equal(4, await w.Do(IoRequest.GetSocketOption(client, SocketLevel, KeepAlive, value)));
        Assert.Equal(0, BitConverter.ToInt32(value));
        Assert.Equal(0, await w.Do(IoRequest.SetSocketOption(client, SocketLevel, KeepAlive, BitConverter.GetBytes(1))));
        Assert.Equal(4, await w.Do(IoRequest.GetSocketOption(client, SocketLevel, KeepAlive, value)));
        Assert.Equal(1, BitConverter.ToInt32(value));
        Assert.Equal(0, await w.Do(IoRequest.SetSocketOption(client, TcpLevel, NoDelay, BitConverter.GetBytes(1))));
        Assert.Equal(-Errno.EOPNOTSUPP, await w.Do(IoRequest.GetSocketOption(client, TcpLevel, NoDelay, value)));
        Assert.Equal(-Errno.ENOPROTOOPT, await w.Do(IoRequest.SetSocketOption(client, SocketLevel, 9999, BitConverter.GetBytes(1))));
        (int readEnd, int writeEnd) = w.Pipe();
        Assert.Equal(-Errno.EOPNOTSUPP, await w.Do(IoRequest.SocketInputBytes(readEnd)));
        await w.Close(client, server, readEnd, writeEnd);
    });
}
