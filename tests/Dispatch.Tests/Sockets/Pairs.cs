using System.Net;
using System.Net.Sockets;
using Tmds.Linux;

namespace Dispatch.Tests;

/// <summary>Two ends of a connection.</summary>
internal static class Pairs
{
    public static IPEndPoint Loopback => new(IPAddress.Loopback, 0);

    /// <summary>One end a plain blocking socket of the framework, the other a connection of the loop, over TCP.</summary>
    public static async Task<(Connection Ours, Socket Theirs)> TcpAsync(EventLoop loop, Action<Socket>? prepare = null, ConnectionOptions? options = null)
    {
        await using Listener listener = Listener.Listen(Loopback, options is null ? null : new ListenerOptions { Connections = options }, loop);
        Socket theirs = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        prepare?.Invoke(theirs);
        theirs.Connect(listener.LocalEndPoint!); // Ends in the backlog: nobody has to accept for it.
        return (await listener.AcceptAsync(), theirs);
    }

    /// <summary>Both ends connections of the loop, over TCP.</summary>
    public static async Task<(Connection First, Connection Second)> TcpOnLoopAsync(EventLoop loop)
    {
        await using Listener listener = Listener.Listen(Loopback, null, loop);
        Connection first = await Connection.ConnectAsync(listener.LocalEndPoint!, loop);
        return (await listener.AcceptAsync(), first);
    }

    /// <summary>A socket pair, both ends connections of the loop. Owner only.</summary>
    public static (Connection First, Connection Second) Local(EventLoop loop)
    {
        (int first, int second) = Numbers();
        return (new Connection(loop.Engine, new OwnedDescriptor(first), AddressFamily.Unix), new Connection(loop.Engine, new OwnedDescriptor(second), AddressFamily.Unix));
    }

    /// <summary>Both ends connections of the loop, over TCP and without an await. Owner only.</summary>
    public static (Connection First, Connection Second) Tcp(EventLoop loop)
    {
        using Socket listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(Loopback);
        listener.Listen();
        using Socket first = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        first.Connect(listener.LocalEndPoint!); // Ends in the backlog, so that the accept finds it there.
        using Socket second = listener.Accept();
        second.NoDelay = true;
        return (Own(loop, first), Own(loop, second));
    }

    /// <summary>A socket pair as plain numbers.</summary>
    public static unsafe (int First, int Second) Numbers()
    {
        int* ends = stackalloc int[2];
        Assert.Equal(0, LibC.socketpair(LibC.AF_UNIX, LibC.SOCK_STREAM | LibC.SOCK_CLOEXEC, 0, ends));
        return (ends[0], ends[1]);
    }

    /// <summary>A path for a Unix-domain socket, short enough for its address.</summary>
    public static string UnixPath() => Path.Combine(Path.GetTempPath(), $"dispatch-{Guid.NewGuid():n}.sock");

    private static Connection Own(EventLoop loop, Socket socket) =>
        new(loop.Engine, new OwnedDescriptor(LibC.dup((int)socket.Handle)), socket.AddressFamily);
}
