using System.Buffers;

namespace Dispatch.Examples.ChatRelay.Clients;

/// <summary>
/// What waits to be sent to one client. While the client reads, what comes goes out at once; while it does not, it waits here, up to a bound. Nobody else waits for it. The connection's loop only.
/// </summary>
internal sealed class Outbox(Connection connection, int mostBytes)
{
    private readonly Queue<ReadOnlyMemory<byte>> waiting = new();
    private int waitingBytes;
    private Task? pumping;

    /// <summary>Gets a value indicating whether a send has failed: the client has gone.</summary>
    public bool IsBroken { get; private set; }

    /// <summary>Sends, or has it wait. False when too much waits already; it is lost then.</summary>
    /// <param name="data">The data.</param>
    /// <returns>Whether there was room.</returns>
    public bool TryPost(ReadOnlyMemory<byte> data)
    {
        if (IsBroken)
        {
            return true; // The end of the reading is about to tell.
        }

        if (waitingBytes + data.Length > mostBytes)
        {
            return false;
        }

        waiting.Enqueue(data);
        waitingBytes += data.Length;
        if (pumping is null or { IsCompleted: true })
        {
            pumping = PumpAsync();
        }

        return true;
    }

    /// <summary>Waits until everything is sent, or the client has gone.</summary>
    /// <returns>A task of it.</returns>
    public Task WhenEmptyAsync() => pumping ?? Task.CompletedTask;

    private async Task PumpAsync()
    {
        try
        {
            while (waiting.Count != 0)
            {
                // As many as there are go into one send: a client that fell behind catches up at the price of few.
                while (waiting.TryDequeue(out ReadOnlyMemory<byte> next))
                {
                    waitingBytes -= next.Length;
                    connection.Output.Write(next.Span);
                    if (connection.Output.UnflushedBytes >= connection.SendHighWaterMark)
                    {
                        break;
                    }
                }

                await connection.Output.FlushAsync();
            }
        }
        catch (Exception e) when (e is System.Net.Sockets.SocketException or ObjectDisposedException or OperationCanceledException or InvalidOperationException)
        {
            IsBroken = true;
            waiting.Clear();
        }
    }
}
