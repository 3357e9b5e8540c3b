using System.Net.Sockets;

namespace Dispatch.Benchmarks;

/// <summary>A file to a socket by <see cref="Stream.CopyToAsync(Stream)"/>, as most would write it.</summary>
internal sealed class SocketsSendFile : SendFileWorkload
{
    private readonly FileStream file;
    private readonly NetworkStream stream;

    public SocketsSendFile(string path)
    {
        file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 4096, FileOptions.Asynchronous | FileOptions.SequentialScan);
        stream = new NetworkStream(Sender);
    }

    public override void Dispose()
    {
        base.Dispose();
        stream.Dispose();
        file.Dispose();
    }

    protected override long Send(long deadlineNs) => SendAsync(deadlineNs).GetAwaiter().GetResult();

    private async Task<long> SendAsync(long deadlineNs)
    {
        long sent = 0;
        while (WallClock.NowNs() < deadlineNs)
        {
            file.Position = 0;
            await file.CopyToAsync(stream);
            sent += file.Length;
        }

        return sent;
    }
}
