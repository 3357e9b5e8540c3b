using System.Net;
using Dispatch.Testing;

namespace Dispatch.Reactive.Tests;

/// <summary>Streams of the core that are paused while nobody asks, on simulated machines under faults.</summary>
public sealed class PausingTests
{
    private const int Capacity = 4;

    [Fact]
    public void A_connection_that_nobody_reads_stops_its_peer_and_loses_no_byte() => SimulatedKernel.RunMany(60, async kernel =>
    {
        byte[] sent = new byte[400_000];
        kernel.Random.NextBytes(sent);
        List<byte> received = [];
        int sentWhenAsleep = 0;
        int position = 0;
        Dispatcher dispatcher = kernel.CreateDispatcher(1, new DispatcherOptions { ReceiveBufferSize = 512, MaxReceiveBufferCount = 256 });
        TaskCompletionSource done = new();
        Server server = dispatcher.Serve(new IPEndPoint(IPAddress.Loopback, 7000), async (connection, token) =>
        {
            bool slept = false;
            await foreach (CopiedBytes copy in connection.Received.Copied().ToAsyncEnumerable(Capacity, OverflowMode.Pause))
            {
                received.AddRange(copy.Span);
                ((IDisposable)copy).Dispose();
                if (!slept)
                {
                    slept = true;
                    await connection.Loop.DelayAsync(TimeSpan.FromSeconds(10), token);
                    sentWhenAsleep = position;
                }
                else if (kernel.Random.Next(20) == 0)
                {
                    await connection.Loop.DelayAsync(TimeSpan.FromMilliseconds(1), token);
                }
            }

            done.SetResult();
        });
        SimulatedPeer peer = await kernel.ConnectAsync(7000);
        while (position < sent.Length)
        {
            int count = Math.Min(1000, sent.Length - position);
            await peer.SendAsync(sent.AsMemory(position, count));
            position += count;
        }

        peer.Close();
        await done.Task;
        kernel.Check(received.SequenceEqual(sent), "The bytes differ.");
        kernel.Check(sentWhenAsleep < 200_000, $"The peer could send {sentWhenAsleep} bytes to somebody who does not read.");
        await server.DisposeAsync();
    });
}
