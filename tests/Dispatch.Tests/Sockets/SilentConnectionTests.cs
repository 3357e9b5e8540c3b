using System.Net;
using System.Net.Sockets;

namespace Dispatch.Tests;

/// <summary>Receives that wait for a buffer.</summary>
public sealed class SilentConnectionTests
{
    private static readonly TimeSpan Guard = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task A_buffer_that_comes_back_is_not_spent_on_a_connection_that_has_no_data()
    {
        await using Dispatcher dispatcher = Dispatcher.Create(new DispatcherOptions { Kernel = TestKernel.Kind, LoopCount = 1, ReceiveBufferCount = 1, MaxReceiveBufferCount = 1 });
        using Socket listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();

        await dispatcher.RunAsync(async () =>
        {
            (Connection holder, Socket holderPeer) = await PairAsync(listener);
            (Connection silent, Socket silentPeer) = await PairAsync(listener);
            (Connection waiting, Socket waitingPeer) = await PairAsync(listener);
            holderPeer.Send("a"u8);
            waitingPeer.Send("b"u8);
            BufferLease held = await holder.ReceiveAsync(TestContext.Current.CancellationToken);

            // The kernel looks for a buffer before it looks for data: the silent one is the first to wait.
            Task<BufferLease> silentReceive = silent.ReceiveAsync(TestContext.Current.CancellationToken).AsTask();
            Task<BufferLease> waitingReceive = waiting.ReceiveAsync(TestContext.Current.CancellationToken).AsTask();
            while (EventLoop.Current!.Statistics.BufferStarvations < 2)
            {
                await EventLoop.Current.ExecuteAsync(IoRequest.Nop(), TestContext.Current.CancellationToken);
            }

            held.Dispose();
            using (BufferLease data = await waitingReceive.WaitAsync(Guard, TestContext.Current.CancellationToken))
            {
                Assert.Equal("b"u8.ToArray(), data.ToArray());
            }

            silentPeer.Dispose();
            Assert.True((await silentReceive.WaitAsync(Guard, TestContext.Current.CancellationToken)).IsEmpty);
            foreach (Socket peer in new[] { holderPeer, waitingPeer })
            {
                peer.Dispose();
            }

            await Task.WhenAll(holder.CloseAsync(), silent.CloseAsync(), waiting.CloseAsync());
        });
    }

    private static async Task<(Connection Connection, Socket Peer)> PairAsync(Socket listener)
    {
        Connection connection = await Connection.ConnectAsync(listener.LocalEndPoint!, cancellationToken: TestContext.Current.CancellationToken);
        return (connection, listener.Accept());
    }
}
