using System.Net;

namespace Dispatch.Conformance.Streams;

/// <summary>Subscribers that come and go inside OnNext: at the very item with which the kernel has ended the request, too, so that the next request begins while the last one is being answered for.</summary>
public sealed class ResubscribeTests : KernelTests
{
    [Theory]
    [EveryKernel]
    [Scenario(Scenarios.DisposeInOnNext)]
    public void Received_data_stays_whole_through_subscribers_that_change_inside_OnNext(TestedKernel kernel) => Run(kernel, tolerates: Tolerance.Any, body: async w =>
    {
        (Connection ours, Connection theirs) = await w.TcpConnections();
        byte[] data = World.Pattern(6000, w.Seed);
        List<byte> got = [];
        List<Exception> errors = [];
        using Relay<BufferLease> relay = new(ours.Received, lease => got.AddRange(lease.Span), errors);
        relay.Begin();
        for (int at = 0; at < data.Length; at += 300)
        {
            await theirs.SendAsync(data.AsMemory(at, 300));
            await w.Turn();
        }

        await theirs.ShutdownAsync();
        await w.TurnUntil(() => relay.IsCompleted || errors.Count != 0);
        Assert.Empty(errors);
        Assert.True(data.AsSpan().SequenceEqual(got.ToArray()));
        await ours.CloseAsync();
        await theirs.CloseAsync();
    });

    [Theory]
    [EveryKernel]
    [Scenario(Scenarios.DisposeInOnNext)]
    public void No_connection_is_lost_through_subscribers_that_change_inside_OnNext(TestedKernel kernel) => Run(kernel, tolerates: Tolerance.Multishots | Tolerance.Cancels, body: async w =>
    {
        await using Listener listener = Listener.Listen(new IPEndPoint(IPAddress.Loopback, 0), null, w.Loop);
        List<Connection> got = [];
        List<Exception> errors = [];
        using Relay<Connection> relay = new(listener.Accepts, got.Add, errors);
        relay.Begin();
        List<Connection> clients = [];
        for (int i = 0; i < 12; i++)
        {
            clients.Add(await Connection.ConnectAsync(listener.LocalEndPoint!, w.Loop));
        }

        await w.TurnUntil(() => got.Count == clients.Count || errors.Count != 0);
        Assert.Empty(errors);
        Assert.Equal(clients.Select(c => c.LocalEndPoint!.ToString()).Order(), got.Select(c => c.RemoteEndPoint!.ToString()).Order());
        await Task.WhenAll([.. got.Concat(clients).Select(c => c.CloseAsync())]);
    });

    /// <summary>At each item: goes, comes back as another that goes at once, and comes back once more.</summary>
    private sealed class Relay<T>(IObservable<T> source, Action<T> take, List<Exception> errors) : IObserver<T>, IDisposable
    {
        private IDisposable? subscription;

        public bool IsCompleted { get; private set; }

        public void Begin() => subscription = source.Subscribe(this);

        public void OnNext(T value)
        {
            take(value);
            subscription!.Dispose();
            source.Subscribe(this).Dispose();
            Begin();
        }

        public void OnError(Exception error) => errors.Add(error);

        public void OnCompleted() => IsCompleted = true;

        public void Dispose() => subscription?.Dispose();
    }
}
