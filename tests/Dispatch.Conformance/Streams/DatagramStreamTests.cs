using System.Net;

namespace Dispatch.Conformance.Streams;

/// <summary>Datagram sockets: whoever reads, however often, gets every datagram that the kernel took, whole, once and in order.</summary>
public sealed class DatagramStreamTests : KernelTests
{
    private const int Count = 24;

    private static EventLoopOptions FewBuffers => new() { SubmissionEntries = 32, CompletionEntries = 64, ReceiveBufferCount = 4, MaxReceiveBufferCount = 4, ReceiveBufferSize = 512 };

    [Theory]
    [EveryKernel]
    [Scenario(Scenarios.BufferShortage)]
    [Covers(nameof(IoRequest.SendTo))]
    public void Every_datagram_comes_once_to_a_slow_reader(TestedKernel kernel) => Run(
        kernel,
        async w =>
        {
            (DatagramSocket one, DatagramSocket two) = Pair(w);
            DatagramAddress to = new(two.LocalEndPoint!);
            List<int> got = [];
            Task reading = ReadAsync();
            for (int i = 0; i < Count; i++)
            {
                await one.SendToAsync(Datagram(i), to);
            }

            await reading;
            Assert.Equal(Enumerable.Range(0, Count), got);
            await one.CloseAsync();
            await two.CloseAsync();
            Assert.Equal(0, w.Loop.Engine.ReceiveBuffers.Leased);

            async Task ReadAsync()
            {
                while (got.Count < Count)
                {
                    Datagram datagram = await two.ReceiveAsync();
                    got.Add(NumberOf(datagram));
                    Assert.Equal(one.LocalEndPoint, datagram.Sender);
                    await w.Turn(got.Count % 4);
                }
            }
        },
        FewBuffers,
        Tolerance.Multishots | Tolerance.Cancels | Tolerance.OnlyGivenQueues);

    [Theory]
    [EveryKernel]
    [Scenario(Scenarios.DisposeInOnNext)]
    public void Subscribers_come_and_go_and_no_datagram_is_lost(TestedKernel kernel) => Run(
        kernel,
        async w =>
        {
            (DatagramSocket one, DatagramSocket two) = Pair(w);
            DatagramAddress to = new(two.LocalEndPoint!);
            List<int> got = [];
            IDisposable? subscription = null;
            Begin();
            for (int i = 0; i < Count; i++)
            {
                await one.SendToAsync(Datagram(i), to);
                await w.Turn(i % 3);
            }

            await w.TurnUntil(() => got.Count == Count);
            Assert.Equal(Enumerable.Range(0, Count), got);
            subscription!.Dispose();
            await one.CloseAsync();
            await two.CloseAsync();
            Assert.Equal(0, w.Loop.Engine.ReceiveBuffers.Leased);

            void Begin() => subscription = two.Received.Subscribe(new Recorder<Datagram>(datagram =>
            {
                got.Add(NumberOf(datagram));
                if (got.Count % 2 == 0)
                {
                    subscription!.Dispose();
                    Begin();
                }
            }));
        },
        FewBuffers,
        Tolerance.Multishots | Tolerance.Cancels | Tolerance.OnlyGivenQueues);

    [Theory]
    [EveryKernel]
    public void A_close_at_any_moment_ends_the_reader_and_leaves_nothing(TestedKernel kernel) => Run(
        kernel,
        async w =>
        {
            (DatagramSocket one, DatagramSocket two) = Pair(w);
            DatagramAddress to = new(two.LocalEndPoint!);
            ValueTask<Datagram> waiting = two.ReceiveAsync();
            int sends = w.Seed % 4;
            for (int i = 0; i < sends; i++)
            {
                await one.SendToAsync(Datagram(i), to);
            }

            await two.CloseAsync();
            try
            {
                Assert.Equal(0, NumberOf(await waiting));
                Assert.NotEqual(0, sends);
            }
            catch (ObjectDisposedException)
            {
                // It was closed before the datagram came to it.
            }

            await one.CloseAsync();
            Assert.Equal(0, w.Loop.Engine.ReceiveBuffers.Leased);
        },
        FewBuffers,
        Tolerance.Multishots | Tolerance.Cancels | Tolerance.OnlyGivenQueues);

    private static (DatagramSocket One, DatagramSocket Two) Pair(World w) =>
        (DatagramSocket.Bind(new IPEndPoint(IPAddress.Loopback, 0), loop: w.Loop), DatagramSocket.Bind(new IPEndPoint(IPAddress.Loopback, 0), loop: w.Loop));

    private static byte[] Datagram(int number) => [(byte)number, .. World.Pattern(50 + number, number)];

    private static int NumberOf(in Datagram datagram)
    {
        int number = datagram.Span[0];
        Assert.True(datagram.Span.SequenceEqual(Datagram(number)), $"datagram {number} is not what was sent");
        return number;
    }
}
