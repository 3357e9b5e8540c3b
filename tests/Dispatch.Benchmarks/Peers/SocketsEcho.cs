using System.Net;
using System.Net.Sockets;

namespace Dispatch.Benchmarks;

/// <summary>An echo server on .NET's own sockets, as most would write it: an async method a connection.</summary>
internal sealed class SocketsEcho : IEchoServer
{
    private const int BufferSize = 4096;

    private readonly Socket listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    public IPEndPoint Start(int port)
    {
        listener.Bind(new IPEndPoint(IPAddress.Loopback, port));
        listener.Listen(1024);
        _ = AcceptAsync();
        return (IPEndPoint)listener.LocalEndPoint!;
    }

    public void Dispose() => listener.Dispose();

    private static async Task EchoAsync(Socket connection)
    {
        using (connection)
        {
            connection.NoDelay = true;
            var buffer = new byte[BufferSize];
            try
            {
                while (true)
                {
                    int received = await connection.ReceiveAsync(buffer.AsMemory());
                    if (received == 0)
                    {
                        return;
                    }

                    for (int sent = 0; sent < received;)
                    {
                        sent += await connection.SendAsync(buffer.AsMemory(sent, received - sent));
                    }
                }
            }
            catch (SocketException)
            {
                // The peer is gone. The load notices it if that was our fault.
            }
        }
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _ = EchoAsync(await listener.AcceptAsync());
            }
        }
        catch (Exception exception) when (exception is SocketException { SocketErrorCode: SocketError.OperationAborted } or ObjectDisposedException)
        {
            // Disposed: the server is at its end.
        }
    }
}
