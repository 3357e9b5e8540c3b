using System.Net;
using System.Runtime.CompilerServices;

namespace Dispatch.Benchmarks;

/// <summary>An echo server on one loop whose connections are observed: received data is sent on from within the callback.</summary>
internal sealed class LoopEchoObserve(DispatcherOptions options) : IEchoServer
{
    private readonly Dispatcher dispatcher = Dispatcher.Create(options);
    private Listener? listener;

    public IPEndPoint Start(int port)
    {
        EventLoop loop = dispatcher.Loops[0];
        return loop.InvokeAsync(() =>
        {
            listener = Listener.Listen(new IPEndPoint(IPAddress.Loopback, port));
            listener.Accepts.Subscribe(new Acceptor());
            return Task.FromResult((IPEndPoint)listener.LocalEndPoint!);
        }).GetAwaiter().GetResult();
    }

    public void Dispose()
    {
        listener?.CloseAsync().GetAwaiter().GetResult();
        dispatcher.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }

    private sealed class Acceptor : IObserver<Connection>
    {
        public void OnNext(Connection value) => value.Received.Subscribe(new Echo(value));

        public void OnCompleted()
        {
        }

        public void OnError(Exception error) => throw error;
    }

    private sealed class Echo : IObserver<BufferLease>
    {
        private readonly Connection connection;
        private readonly Action whenSent;
        private readonly Queue<ValueTaskAwaiter> sending = new();

        public Echo(Connection connection)
        {
            this.connection = connection;
            whenSent = WhenSent;
        }

        public void OnNext(BufferLease value) => Remember(connection.SendAsync(value));

        public void OnCompleted() => _ = connection.CloseAsync();

        public void OnError(Exception error) => _ = connection.CloseAsync();

        private void Remember(ValueTask send)
        {
            ValueTaskAwaiter sent = send.GetAwaiter();
            sending.Enqueue(sent);
            sent.UnsafeOnCompleted(whenSent);
        }

        // Sends end in the order in which they were begun.
        private void WhenSent()
        {
            try
            {
                sending.Dequeue().GetResult();
            }
            catch (System.Net.Sockets.SocketException)
            {
                // The peer is gone. The load notices it if that was our fault.
            }
        }
    }
}
