using System.Net;
using System.Net.Sockets;
using System.Text;
using Dispatch.Tests.Streams;

namespace Dispatch.Tests.Datagrams;

/// <summary>Datagram sockets: what comes, from whom, and what is said when it does not.</summary>
public sealed class DatagramSocketTests
{
    private const int Loopback = 1; // The index of the loopback interface in every network namespace.

    private static IPEndPoint AnyPort => new(IPAddress.Loopback, 0);

    [Fact]
    public void A_datagram_comes_whole_with_its_sender_who_can_be_answered() => OnLoop.Run(async loop =>
    {
        await using DatagramSocket one = DatagramSocket.Bind(AnyPort, loop: loop);
        await using DatagramSocket two = DatagramSocket.Bind(AnyPort, loop: loop);
        Assert.Equal(4, await one.SendToAsync("ping"u8.ToArray(), two.LocalEndPoint!));
        Datagram got = await two.ReceiveAsync();
        Assert.True(got.Span.SequenceEqual("ping"u8));
        Assert.Equal(4, got.Length);
        Assert.Equal(one.LocalEndPoint, got.Sender);
        Assert.False(got.IsTruncated);
        Assert.Equal(0, got.SegmentSize);

        DatagramAddress back = new();
        Assert.Throws<InvalidOperationException>(() => { _ = two.SendToAsync(new byte[1], back); });
        back.Set(got);
        Assert.Equal(one.LocalEndPoint, back.EndPoint);
        await two.SendToAsync("pong"u8.ToArray(), back);
        Assert.Equal("pong"u8.ToArray(), (await one.ReceiveAsync()).ToArray());
        Assert.True(loop.IsOwner);
    });

    [Fact]
    public void Datagrams_of_no_bytes_are_datagrams() => OnLoop.Run(async loop =>
    {
        await using DatagramSocket one = DatagramSocket.Bind(AnyPort, loop: loop);
        await using DatagramSocket two = DatagramSocket.Bind(AnyPort, loop: loop);
        DatagramAddress to = new(two.LocalEndPoint!);
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal(0, await one.SendToAsync(default, to));
            await one.SendToAsync(new byte[] { (byte)i }, to);
        }

        for (int i = 0; i < 3; i++)
        {
            Datagram empty = await two.ReceiveAsync();
            Assert.Equal(0, empty.Length);
            Assert.Equal(one.LocalEndPoint, empty.Sender);
            Assert.Equal([(byte)i], (await two.ReceiveAsync()).ToArray());
        }
    });

    [Fact]
    public void What_has_no_room_in_a_buffer_is_cut_and_says_so() => OnLoop.Run(async loop =>
    {
        await using DatagramSocket one = DatagramSocket.Bind(AnyPort, loop: loop);
        await using DatagramSocket two = DatagramSocket.Bind(AnyPort, loop: loop);
        byte[] data = Encoding.ASCII.GetBytes(new string('x', 5000));
        await one.SendToAsync(data, two.LocalEndPoint!);
        await one.SendToAsync(data.AsMemory(0, 4096 - 152), two.LocalEndPoint!);
        Datagram cut = await two.ReceiveAsync();
        Assert.Equal((4096 - 152, true), (cut.Length, cut.IsTruncated));
        Datagram whole = await two.ReceiveAsync();
        Assert.Equal((4096 - 152, false), (whole.Length, whole.IsTruncated));
    });

    [Fact]
    public void A_cancelled_receive_leaves_the_datagram_for_the_next() => OnLoop.Run(async loop =>
    {
        await using DatagramSocket one = DatagramSocket.Bind(AnyPort, loop: loop);
        await using DatagramSocket two = DatagramSocket.Bind(AnyPort, loop: loop);
        using CancellationTokenSource source = new();
        ValueTask<Datagram> waiting = two.ReceiveAsync(source.Token);
        await loop.DelayAsync(TimeSpan.FromMilliseconds(1));
        source.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await waiting);
        await one.SendToAsync("later"u8.ToArray(), two.LocalEndPoint!);
        Assert.Equal("later"u8.ToArray(), (await two.ReceiveAsync()).ToArray());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await two.ReceiveAsync(new CancellationToken(true)));
    });

    [Fact]
    public Task Another_thread_may_send_receive_and_cancel() => LoopHost.Beside(async loop =>
    {
        await using DatagramSocket one = DatagramSocket.Bind(AnyPort, loop: loop);
        await using DatagramSocket two = DatagramSocket.Bind(AnyPort, loop: loop);
        using CancellationTokenSource source = new();
        ValueTask<Datagram> waiting = two.ReceiveAsync(source.Token);
        source.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await waiting);
        await one.SendToAsync("from elsewhere"u8.ToArray(), two.LocalEndPoint!);
        Assert.Equal("from elsewhere"u8.ToArray(), (await two.ReceiveAsync()).ToArray());
    });

    [Fact]
    public void That_nobody_listens_is_thrown_once_and_the_socket_goes_on() => OnLoop.Run(async loop =>
    {
        EndPoint nobody;
        await using (DatagramSocket gone = DatagramSocket.Bind(AnyPort, loop: loop))
        {
            nobody = gone.LocalEndPoint!;
        }

        await using DatagramSocket client = await DatagramSocket.ConnectAsync(nobody, loop: loop);
        Assert.Equal(nobody, client.RemoteEndPoint);
        ValueTask<Datagram> waiting = client.ReceiveAsync();
        await client.SendAsync("anybody?"u8.ToArray());
        SocketException error = await Assert.ThrowsAsync<SocketException>(async () => await waiting);
        Assert.Equal(SocketError.ConnectionRefused, error.SocketErrorCode);
        Assert.Contains(nobody.ToString()!, error.Message, StringComparison.Ordinal);

        waiting = client.ReceiveAsync();
        await using DatagramSocket back = DatagramSocket.Bind(nobody, loop: loop);
        await client.SendAsync("now"u8.ToArray());
        Assert.Equal("now"u8.ToArray(), (await back.ReceiveAsync()).ToArray());
        await back.SendToAsync("yes"u8.ToArray(), client.LocalEndPoint!);
        Assert.Equal("yes"u8.ToArray(), (await waiting).ToArray());
    });

    [Fact]
    public void A_network_error_ends_a_subscription_and_the_next_one_goes_on() => OnLoop.Run(async loop =>
    {
        EndPoint nobody;
        await using (DatagramSocket gone = DatagramSocket.Bind(AnyPort, loop: loop))
        {
            nobody = gone.LocalEndPoint!;
        }

        await using DatagramSocket client = await DatagramSocket.ConnectAsync(nobody, loop: loop);
        Taker<Datagram, byte[]> first = new(d => d.ToArray());
        client.Received.Subscribe(first);
        await client.SendAsync("anybody?"u8.ToArray());
        await UntilAsync(loop, () => first.IsEnded);
        Assert.Equal(SocketError.ConnectionRefused, Assert.IsType<SocketException>(first.Error).SocketErrorCode);
        Taker<Datagram, byte[]> second = new(d => d.ToArray());
        client.Received.Subscribe(second);
        await using DatagramSocket back = DatagramSocket.Bind(nobody, loop: loop);
        await back.SendToAsync("yes"u8.ToArray(), client.LocalEndPoint!);
        await UntilAsync(loop, () => second.Items.Count == 1);
        Assert.False(second.IsEnded);
    });

    [Fact]
    public void A_slow_reader_stops_the_receiving_and_what_is_lost_is_counted() => OnLoop.Run(async loop =>
    {
        await using DatagramSocket one = DatagramSocket.Bind(AnyPort, loop: loop);
        await using DatagramSocket two = DatagramSocket.Bind(AnyPort, new DatagramOptions { ReceiveBufferSize = 1, Unread = new StreamOptions { Capacity = 4 } }, loop);
        Assert.Equal(0, two.GetDropped());
        byte[] data = new byte[1000];
        DatagramAddress to = new(two.LocalEndPoint!);
        await one.SendToAsync(data, to);
        _ = await two.ReceiveAsync();
        const int Sent = 100;
        for (int i = 0; i < Sent; i++)
        {
            await one.SendToAsync(data, to);
        }

        long dropped = two.GetDropped();
        Assert.InRange(dropped, 1, Sent - 4);
        for (long i = 0; i < Sent - dropped; i++)
        {
            Assert.Equal(1000, (await two.ReceiveAsync()).Length);
        }

        Assert.Equal(0, two.Received.Dropped);
        ValueTask<Datagram> next = two.ReceiveAsync();
        Assert.False(next.IsCompleted);
        await one.SendToAsync("end"u8.ToArray(), to);
        Assert.Equal(3, (await next).Length);
    });

    [Fact]
    public void A_subscriber_that_comes_back_finds_what_came_meanwhile() => OnLoop.Run(async loop =>
    {
        await using DatagramSocket one = DatagramSocket.Bind(AnyPort, loop: loop);
        await using DatagramSocket two = DatagramSocket.Bind(AnyPort, loop: loop);
        DatagramAddress to = new(two.LocalEndPoint!);
        List<byte> got = [];
        for (byte i = 0; i < 20; i++)
        {
            await one.SendToAsync(new[] { i }, to);
            Taker<Datagram, byte> taker = new(d => d.Span[0]);
            using IDisposable subscription = two.Received.Subscribe(taker);
            if (i % 3 != 0)
            {
                await UntilAsync(loop, () => taker.Items.Count != 0);
            }

            got.AddRange(taker.Items);
        }

        Taker<Datagram, byte> last = new(d => d.Span[0]);
        two.Received.Subscribe(last);
        await UntilAsync(loop, () => got.Count + last.Items.Count == 20);
        Assert.Equal(Enumerable.Range(0, 20).Select(i => (byte)i), got.Concat(last.Items));
    });

    [Fact]
    public void Closing_ends_who_waits_and_gives_back_what_was_not_read() => OnLoop.Run(async loop =>
    {
        DatagramSocket one = DatagramSocket.Bind(AnyPort, loop: loop);
        DatagramSocket two = DatagramSocket.Bind(AnyPort, loop: loop);
        ValueTask<Datagram> waiting = one.ReceiveAsync();
        Taker<Datagram, int> taker = new(d => d.Length);
        two.Received.Subscribe(taker);
        await one.SendToAsync(new byte[10], two.LocalEndPoint!);
        await UntilAsync(loop, () => taker.Items.Count == 1);
        await one.CloseAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await waiting);
        await two.CloseAsync();
        await UntilAsync(loop, () => taker.IsCompleted);
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await one.ReceiveAsync());
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await one.SendAsync(new byte[1]));
        Assert.Throws<ObjectDisposedException>(() => { one.GetDropped(); });
        Assert.Equal(0, loop.Engine.ReceiveBuffers.Leased);
    });

    [Fact]
    public void A_datagram_that_has_ended_throws_and_a_retained_one_does_not() => OnLoop.Run(async loop =>
    {
        await using DatagramSocket one = DatagramSocket.Bind(AnyPort, loop: loop);
        await using DatagramSocket two = DatagramSocket.Bind(AnyPort, loop: loop);
        DatagramAddress to = new(two.LocalEndPoint!);
        await one.SendToAsync("first"u8.ToArray(), to);
        await one.SendToAsync("second"u8.ToArray(), to);
        Datagram first = await two.ReceiveAsync();
        using RetainedBuffer kept = first.Retain();
        _ = await two.ReceiveAsync();
        Assert.Throws<ObjectDisposedException>(() => first.Span.Length);
        Assert.Equal("first"u8.ToArray(), kept.Memory.ToArray());
    });

    [Fact]
    public void Many_datagrams_go_out_in_one_call_and_come_in_as_one() => OnLoop.Run(
        async loop =>
        {
            await using DatagramSocket one = DatagramSocket.Bind(AnyPort, loop: loop);
            await using DatagramSocket two = DatagramSocket.Bind(AnyPort, new DatagramOptions { ReceiveCoalescing = true }, loop);
            byte[] data = new byte[10_300];
            Random.Shared.NextBytes(data);
            Assert.Equal(data.Length, await one.SendSegmentsAsync(data, 1000, two.LocalEndPoint));
            List<byte> got = [];
            while (got.Count < data.Length)
            {
                Datagram part = await two.ReceiveAsync();
                Assert.True(part.SegmentSize == 1000 || part.Length <= 1000);
                got.AddRange(part.Span);
            }

            Assert.Equal(data, got);
        },
        new EventLoopOptions { Kernel = TestKernel.Kind, SubmissionEntries = 64, CompletionEntries = 256, ReceiveBufferSize = 66_000, ReceiveBufferCount = 4, MaxReceiveBufferCount = 4 });

    [Fact]
    public void A_group_is_joined_and_left() => OnLoop.Run(async loop =>
    {
        IPAddress group = IPAddress.Parse("239.77.7.7");
        await using DatagramSocket one = DatagramSocket.Bind(AnyPort, loop: loop);
        await using DatagramSocket two = DatagramSocket.Bind(new IPEndPoint(IPAddress.Any, 0), new DatagramOptions { ReuseAddress = true, TimeToLive = 4 }, loop);
        two.JoinGroup(group, Loopback);
        DatagramAddress to = new(new IPEndPoint(group, ((IPEndPoint)two.LocalEndPoint!).Port));
        await one.SendToAsync("all"u8.ToArray(), to);
        Assert.Equal("all"u8.ToArray(), (await two.ReceiveAsync()).ToArray());
        two.LeaveGroup(group, Loopback);
        Assert.Throws<SocketException>(() => two.LeaveGroup(group, Loopback));
        await one.SendToAsync("nobody"u8.ToArray(), to);
        await one.SendToAsync("you"u8.ToArray(), new IPEndPoint(IPAddress.Loopback, ((IPEndPoint)two.LocalEndPoint!).Port));
        Assert.Equal("you"u8.ToArray(), (await two.ReceiveAsync()).ToArray());
    });

    [Fact]
    public void Unix_domain_datagrams_have_paths_for_addresses() => OnLoop.Run(async loop =>
    {
        using TestFolder folder = new();
        UnixDomainSocketEndPoint oneAt = new(folder["one"]);
        UnixDomainSocketEndPoint twoAt = new(folder["two"]);
        await using DatagramSocket one = DatagramSocket.Bind(oneAt, loop: loop);
        await using DatagramSocket two = DatagramSocket.Bind(twoAt, loop: loop);
        await one.SendToAsync("hello"u8.ToArray(), twoAt);
        Datagram got = await two.ReceiveAsync();
        Assert.Equal("hello"u8.ToArray(), got.ToArray());
        Assert.Equal(oneAt.ToString(), got.Sender!.ToString());
        await using DatagramSocket unnamed = await DatagramSocket.ConnectAsync(twoAt, loop: loop);
        await unnamed.SendAsync("who"u8.ToArray());
        Assert.Null((await two.ReceiveAsync()).Sender);
    });

    [Fact]
    public void Bad_input_is_refused_with_what_to_do() => OnLoop.Run(async loop =>
    {
        await using DatagramSocket one = DatagramSocket.Bind(AnyPort, loop: loop);
        Assert.Equal(SocketError.AddressAlreadyInUse, Assert.Throws<SocketException>(() => DatagramSocket.Bind(one.LocalEndPoint!, loop: loop)).SocketErrorCode);
        Assert.Contains("Resolve", Assert.Throws<ArgumentException>(() => DatagramSocket.Bind(new DnsEndPoint("localhost", 1), loop: loop)).Message, StringComparison.Ordinal);
        Assert.Contains("Resolve", Assert.Throws<ArgumentException>(() => new DatagramAddress(new DnsEndPoint("localhost", 1))).Message, StringComparison.Ordinal);
        Assert.Contains("ReceiveBufferSize", Assert.Throws<ArgumentOutOfRangeException>(() => DatagramSocket.Bind(AnyPort, new DatagramOptions { ReceiveCoalescing = true }, loop)).Message, StringComparison.Ordinal);
        Assert.Contains("TimeToLive", Assert.Throws<ArgumentOutOfRangeException>(() => DatagramSocket.Bind(AnyPort, new DatagramOptions { TimeToLive = 256 }, loop)).Message, StringComparison.Ordinal);
        Assert.Equal(SocketError.MessageSize, (await Assert.ThrowsAsync<SocketException>(async () => await one.SendToAsync(new byte[70_000], one.LocalEndPoint!))).SocketErrorCode);
        Assert.Equal(SocketError.DestinationAddressRequired, (await Assert.ThrowsAsync<SocketException>(async () => await one.SendAsync(new byte[1]))).SocketErrorCode);
        one.Received.Subscribe(new Taker<Datagram, int>(d => d.Length));
        Assert.Throws<InvalidOperationException>(() => one.Received.Subscribe(new Taker<Datagram, int>(d => d.Length)));
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await one.ReceiveAsync());
    });

    [Fact]
    public void A_datagram_allocates_nothing_pulled_pushed_sent_or_answered() => OnLoop.Run(async loop =>
    {
        const int Count = 20_000;
        await using DatagramSocket one = DatagramSocket.Bind(AnyPort, loop: loop);
        await using DatagramSocket two = DatagramSocket.Bind(AnyPort, loop: loop);
        await using DatagramSocket three = DatagramSocket.Bind(AnyPort, loop: loop);
        Counter counter = new();
        using IDisposable counting = three.Received.Subscribe(counter);
        byte[] data = new byte[64];
        DatagramAddress toTwo = new(two.LocalEndPoint!);
        DatagramAddress toThree = new(three.LocalEndPoint!);
        DatagramAddress back = new();
        await Run(2000);
        long allocated = GC.GetAllocatedBytesForCurrentThread();
        await Run(Count);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - allocated, 0, 8192); // The state machines of this test, once.

        async Task Run(int rounds)
        {
            for (int i = 0; i < rounds; i++)
            {
                await one.SendToAsync(data, toTwo);
                back.Set(await two.ReceiveAsync());
                await two.SendToAsync(data, back);
                _ = await one.ReceiveAsync();
                int before = counter.Count;
                await one.SendToAsync(data, toThree);
                while (counter.Count == before)
                {
                    await loop.ExecuteAsync(IoRequest.Nop());
                }
            }
        }
    });

    private static async Task UntilAsync(EventLoop loop, Func<bool> holds)
    {
        while (!holds())
        {
            await loop.DelayAsync(TimeSpan.FromMilliseconds(1));
        }
    }

    private sealed class Counter : IObserver<Datagram>
    {
        public int Count { get; private set; }

        public void OnNext(Datagram value) => Count += value.Length / 64;

        public void OnCompleted()
        {
        }

        public void OnError(Exception error)
        {
        }
    }
}
