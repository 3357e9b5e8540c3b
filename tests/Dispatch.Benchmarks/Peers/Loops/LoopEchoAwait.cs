using System.Net;

namespace Dispatch.Benchmarks;

/// <summary>An echo server on one loop, as most would write it: an async method a connection.</summary>
internal sealed class LoopEchoAwait(DispatcherOptions options) : IEchoServer
{
    private readonly Dispatcher dispatcher = Dispatcher.Create(options);

    public IPEndPoint Start(int port) => (IPEndPoint)dispatcher.Serve(new IPEndPoint(IPAddress.Loopback, port), EchoAsync).LocalEndPoint;

    public void Dispose() => dispatcher.DisposeAsync().AsTask().GetAwaiter().GetResult();

    private static async Task EchoAsync(Connection connection, CancellationToken stopping)
    {
        while (true)
        {
            using BufferLease data = await connection.ReceiveAsync(stopping);
            if (data.IsEmpty)
            {
                return;
            }

            await connection.SendAsync(data, CancellationToken.None);
        }
    }
}
