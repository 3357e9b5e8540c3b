using System.Net;

namespace Dispatch.Benchmarks;

/// <summary>An echo server on one loop whose connections are streams: one copy out of the received buffer.</summary>
internal sealed class LoopEchoStream(DispatcherOptions options) : IEchoServer
{
    private const int BufferSize = 4096;

    private readonly Dispatcher dispatcher = Dispatcher.Create(options);

    public IPEndPoint Start(int port) => (IPEndPoint)dispatcher.Serve(new IPEndPoint(IPAddress.Loopback, port), EchoAsync).LocalEndPoint;

    public void Dispose() => dispatcher.DisposeAsync().AsTask().GetAwaiter().GetResult();

    private static async Task EchoAsync(Connection connection, CancellationToken stopping)
    {
        await using ConnectionStream stream = connection.AsStream();
        byte[] buffer = new byte[BufferSize];
        int count;
        while ((count = await stream.ReadAsync(buffer, stopping)) != 0)
        {
            await stream.WriteAsync(buffer.AsMemory(0, count), CancellationToken.None);
        }
    }
}
