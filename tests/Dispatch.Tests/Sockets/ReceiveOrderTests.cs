using System.Net;
using System.Net.Sockets;

namespace Dispatch.Tests;

/// <summary>What a connection received while nobody was subscribed comes before what it receives later, and before the end of the stream.</summary>
public sealed class ReceiveOrderTests
{
    private const int BufferSize = 64;
    private static readonly TimeSpan Guard = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task A_subscriber_that_comes_back_gets_what_it_missed_first_and_the_end_last()
    {
        // Turns of two completions: the first data and what comes while nobody is subscribed are one turn, what comes to the second subscription another.
        await using Dispatcher dispatcher = Dispatcher.Create(new DispatcherOptions
        {
            Kernel = TestKernel.Kind,
            LoopCount = 1,
            CompletionBudget = 2,
            ReceiveBufferSize = BufferSize,
        });
        byte[] sent = [.. Enumerable.Range(0, 8 * BufferSize).Select(i => (byte)(i / BufferSize))];
        using Socket listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        await using Connection connection = await Connection.ConnectAsync(listener.LocalEndPoint!, dispatcher.Loops[0], TestContext.Current.CancellationToken);
        using Socket peer = await listener.AcceptAsync(TestContext.Current.CancellationToken);
        peer.Send(sent);
        peer.Shutdown(SocketShutdown.Send);

        Returning observer = new(connection);
        byte[] received = await observer.Received.WaitAsync(Guard, TestContext.Current.CancellationToken);

        Assert.Equal(sent, received);
    }

    /// <summary>Unsubscribes after the first data, and comes back by way of the inbox.</summary>
    private sealed class Returning : IObserver<BufferLease>
    {
        private readonly Connection connection;
        private readonly TaskCompletionSource<byte[]> ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly List<byte> bytes = [];
        private IDisposable? subscription;
        private bool hasLeft;

        public Returning(Connection connection)
        {
            this.connection = connection;
            connection.Loop.Post(() => subscription = connection.Received.Subscribe(this));
        }

        public Task<byte[]> Received => ended.Task;

        public void OnNext(BufferLease value)
        {
            bytes.AddRange(value.Span);
            if (!hasLeft)
            {
                hasLeft = true;
                subscription!.Dispose();
                connection.Loop.Post(() => connection.Received.Subscribe(this));
            }
        }

        public void OnCompleted() => ended.SetResult([.. bytes]);

        public void OnError(Exception error) => ended.SetException(error);
    }
}
