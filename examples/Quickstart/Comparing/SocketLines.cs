using System.Net.Sockets;

namespace Dispatch.Examples.Quickstart;

/// <summary>Lines over a .NET socket.</summary>
internal sealed class SocketLines(Socket socket) : LineChannel
{
    public override ValueTask FinishAsync()
    {
        socket.Shutdown(SocketShutdown.Send);
        return ValueTask.CompletedTask;
    }

    public override ValueTask DisposeAsync()
    {
        socket.Dispose();
        return ValueTask.CompletedTask;
    }

    protected override ValueTask<int> ReceiveAsync(Memory<byte> destination, CancellationToken cancellationToken) => socket.ReceiveAsync(destination, cancellationToken);

    protected override async ValueTask SendAsync(ReadOnlyMemory<byte> data)
    {
        while (!data.IsEmpty)
        {
            data = data[await socket.SendAsync(data)..];
        }
    }
}
