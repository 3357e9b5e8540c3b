using System.Net;
using System.Net.Sockets;

namespace Dispatch.Benchmarks;

/// <summary>Datagrams by <see cref="Socket.ReceiveFromAsync(Memory{byte}, SocketFlags, SocketAddress, CancellationToken)"/>, the form that allocates nothing.</summary>
internal sealed class SocketsDatagrams : DatagramWorkload
{
    private readonly Socket socket;
    private readonly SocketAddress from = new(AddressFamily.InterNetwork);
    private readonly byte[] buffer = GC.AllocateArray<byte>(4096, pinned: true);

    public SocketsDatagrams()
        : this(Bound())
    {
    }

    private SocketsDatagrams(Socket socket)
        : base(socket.LocalEndPoint!) => this.socket = socket;

    public override void Dispose()
    {
        base.Dispose();
        socket.Dispose();
    }

    protected override void Receive(long deadlineNs) => Task.Run(() => ReceiveAsync(deadlineNs)).GetAwaiter().GetResult();

    private static Socket Bound()
    {
        Socket made = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        Enlarge(made);
        made.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return made;
    }

    private async Task ReceiveAsync(long deadlineNs)
    {
        while (WallClock.NowNs() < deadlineNs)
        {
            for (int i = 0; i < 64; i++)
            {
                await socket.ReceiveFromAsync(buffer, SocketFlags.None, from);
                Received(1);
            }
        }
    }
}
