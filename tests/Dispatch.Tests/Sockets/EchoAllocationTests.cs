namespace Dispatch.Tests;

/// <summary>Steady state allocates nothing on the loop's thread.</summary>
public sealed class EchoAllocationTests
{
    private const int RoundTrips = 1_000_000;

    [Fact]
    public Task An_awaited_echo_allocates_nothing() => LoopHost.OnLoop(async loop =>
    {
        (Connection client, Connection server) = Pairs.Local(loop);
        Task echo = EchoAsync(server);
        byte[] message = new byte[64];
        await PingAsync(client, message, 2000); // Fills the pools, and lets the compiler finish.
        long before = GC.GetAllocatedBytesForCurrentThread();
        await PingAsync(client, message, RoundTrips);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.InRange(allocated, 0, 4096); // The state machines of this test, once; less than a byte in two hundred round trips.
        await client.ShutdownAsync();
        await echo;
        await client.CloseAsync();
        await server.CloseAsync();
    });

    [Fact]
    public Task An_observed_echo_allocates_nothing() => LoopHost.OnLoop(async loop =>
    {
        (Connection client, Connection server) = Pairs.Local(loop);
        using IDisposable serving = server.Received.Subscribe(new Echo(server));
        Pinger pinger = new(client);
        using IDisposable pinging = client.Received.Subscribe(pinger);
        await pinger.RunAsync(2000);
        long before = GC.GetAllocatedBytesForCurrentThread();
        await pinger.RunAsync(RoundTrips);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.InRange(allocated, 0, 4096);
        await client.CloseAsync();
        await server.CloseAsync();
    });

    private static async Task PingAsync(Connection connection, byte[] message, int count)
    {
        for (int i = 0; i < count; i++)
        {
            await connection.SendAsync(message);
            int got = 0;
            while (got < message.Length)
            {
                using BufferLease lease = await connection.ReceiveAsync();
                got += lease.Length;
            }
        }
    }

    private static async Task EchoAsync(Connection connection)
    {
        while (true)
        {
            using BufferLease lease = await connection.ReceiveAsync();
            if (lease.IsEmpty)
            {
                return;
            }

            await connection.SendAsync(lease);
        }
    }

    private sealed class Echo(Connection connection) : IObserver<BufferLease>
    {
        private readonly Sends sends = new();

        public void OnNext(BufferLease value)
        {
            sends.Watch(connection.SendAsync(value));
        }

        public void OnCompleted()
        {
        }

        public void OnError(Exception error)
        {
        }
    }

    private sealed class Pinger(Connection connection) : IObserver<BufferLease>
    {
        private readonly byte[] message = new byte[64];
        private readonly Sends sends = new();
        private TaskCompletionSource done = new();
        private int left;
        private int got;

        public Task RunAsync(int count)
        {
            done = new(TaskCreationOptions.RunContinuationsAsynchronously);
            left = count;
            Send();
            return done.Task;
        }

        public void OnNext(BufferLease value)
        {
            got += value.Length;
            if (got < message.Length)
            {
                return;
            }

            got = 0;
            if (--left > 0)
            {
                Send();
            }
            else
            {
                done.SetResult();
            }
        }

        public void OnCompleted()
        {
        }

        public void OnError(Exception error)
        {
        }

        private void Send()
        {
            sends.Watch(connection.SendAsync(message));
        }
    }

    /// <summary>Reads the results of sends that nobody awaits, which gives their operations back to the pool.</summary>
    private sealed class Sends
    {
        private readonly Stack<Watcher> idle = new();

        public void Watch(ValueTask sent)
        {
            if (!idle.TryPop(out Watcher? watcher))
            {
                watcher = new Watcher(idle);
            }

            watcher.Begin(sent);
        }

        private sealed class Watcher
        {
            private readonly Stack<Watcher> idle;
            private readonly Action onSent;
            private ValueTask sent;

            public Watcher(Stack<Watcher> idle)
            {
                this.idle = idle;
                onSent = End;
            }

            public void Begin(ValueTask task)
            {
                sent = task;
                if (sent.IsCompleted)
                {
                    End();
                }
                else
                {
                    Watch(sent.GetAwaiter());
                }
            }

            private static void Read(System.Runtime.CompilerServices.ValueTaskAwaiter awaiter) => awaiter.GetResult();

            private void Watch(System.Runtime.CompilerServices.ValueTaskAwaiter awaiter) => awaiter.UnsafeOnCompleted(onSent);

            private void End()
            {
                ValueTask ended = sent;
                sent = default;
                idle.Push(this);
                Read(ended.GetAwaiter());
            }
        }
    }
}
