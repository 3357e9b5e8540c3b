using System.Net;

namespace Dispatch.Benchmarks;

/// <summary>Datagrams by <see cref="DatagramSocket"/>: awaited one after the other, or observed.</summary>
internal sealed class LoopDatagrams : DatagramWorkload
{
    private const int ForcedBytes = 4 << 20;

    private readonly Dispatcher dispatcher;
    private readonly DatagramSocket socket;
    private readonly bool isObserved;

    private LoopDatagrams(Dispatcher dispatcher, DatagramSocket socket, bool isObserved)
        : base(socket.LocalEndPoint!)
    {
        this.dispatcher = dispatcher;
        this.socket = socket;
        this.isObserved = isObserved;
    }

    public static LoopDatagrams Make(bool isObserved, bool isCoalescing = false)
    {
        DispatcherOptions options = new() { Kernel = KernelChoice.Kind, LoopCount = 1 };
        if (isCoalescing)
        {
            options.ReceiveBufferSize = 66_000;
        }

        Dispatcher dispatcher = Dispatcher.Create(options);
        DatagramOptions chosen = new() { ReceiveBufferSize = ForcedBytes, ReceiveCoalescing = isCoalescing, Unread = new StreamOptions { Capacity = 64 } };
        return new LoopDatagrams(dispatcher, DatagramSocket.Bind(new IPEndPoint(IPAddress.Loopback, 0), chosen, dispatcher.Loops[0]), isObserved);
    }

    public override void Dispose()
    {
        base.Dispose();
        socket.CloseAsync().GetAwaiter().GetResult();
        dispatcher.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }

    protected override void Receive(long deadlineNs) => socket.Loop.InvokeAsync(() => isObserved ? ObserveAsync(deadlineNs) : AwaitAsync(deadlineNs)).GetAwaiter().GetResult();

    private async Task AwaitAsync(long deadlineNs)
    {
        while (WallClock.NowNs() < deadlineNs)
        {
            for (int i = 0; i < 64; i++)
            {
                Count(await socket.ReceiveAsync());
            }
        }
    }

    private async Task ObserveAsync(long deadlineNs)
    {
        Counter counter = new(this, deadlineNs);
        using (socket.Received.Subscribe(counter))
        {
            await counter.Done;
        }
    }

    private void Count(in Datagram datagram) => Received((datagram.Length + Bytes - 1) / Bytes);

    private sealed class Counter(LoopDatagrams owner, long deadlineNs) : IObserver<Datagram>
    {
        private readonly TaskCompletionSource done = new();
        private int items;

        public Task Done => done.Task;

        public void OnNext(Datagram value)
        {
            owner.Count(value);
            if ((++items & 63) == 0 && WallClock.NowNs() >= deadlineNs)
            {
                done.TrySetResult();
            }
        }

        public void OnCompleted() => done.TrySetResult();

        public void OnError(Exception error) => done.TrySetException(error);
    }
}
