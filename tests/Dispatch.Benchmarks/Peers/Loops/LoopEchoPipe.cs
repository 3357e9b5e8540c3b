using System.IO.Pipelines;
using System.Net;

namespace Dispatch.Benchmarks;

/// <summary>An echo server on one loop whose connections are pipes: a reader over received buffers, a writer that copies.</summary>
internal sealed class LoopEchoPipe(DispatcherOptions options) : IEchoServer
{
    private readonly Dispatcher dispatcher = Dispatcher.Create(options);

    public IPEndPoint Start(int port) => (IPEndPoint)dispatcher.Serve(new IPEndPoint(IPAddress.Loopback, port), EchoAsync).LocalEndPoint;

    public void Dispose() => dispatcher.DisposeAsync().AsTask().GetAwaiter().GetResult();

    private static async Task EchoAsync(Connection connection, CancellationToken stopping)
    {
        PipeReader input = connection.Input;
        PipeWriter output = connection.Output;
        while (true)
        {
            ReadResult read = await input.ReadAsync(stopping);
            foreach (ReadOnlyMemory<byte> block in read.Buffer)
            {
                Write(output, block.Span);
            }

            input.AdvanceTo(read.Buffer.End);
            await output.FlushAsync(CancellationToken.None);
            if (read.IsCompleted)
            {
                return;
            }
        }
    }

    private static void Write(PipeWriter output, ReadOnlySpan<byte> data)
    {
        while (!data.IsEmpty)
        {
            Span<byte> room = output.GetSpan();
            int part = Math.Min(room.Length, data.Length);
            data[..part].CopyTo(room);
            output.Advance(part);
            data = data[part..];
        }
    }
}
