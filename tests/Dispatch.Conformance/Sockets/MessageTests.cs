using System.Net;

namespace Dispatch.Conformance.Sockets;

/// <summary>Messages with addresses, pieces and control data, and zero-copy sends.</summary>
public sealed class MessageTests : KernelTests
{
    private const int Internet = 2;
    private const int DatagramCloseOnExec = 2 | 0x80000;

    [Theory]
    [EveryKernel]
    [Covers(nameof(IoRequest.SendMessage))]
    [Covers(nameof(IoRequest.ReceiveMessage))]
    public void A_message_is_gathered_sent_to_an_address_and_scattered_with_its_senders(TestedKernel kernel) => Run(kernel, async w =>
    {
        (int one, EndPoint oneAt) = await Datagrams(w);
        (int two, EndPoint twoAt) = await Datagrams(w);
        Assert.Equal(5, await w.Do(IoRequest.SendMessage(one, ["ab"u8.ToArray(), "cde"u8.ToArray()], twoAt)));
        MessageDetails details = new();
        byte[][] pieces = [new byte[1], new byte[10]];
        Assert.Equal(5, await w.Do(IoRequest.ReceiveMessage(two, [pieces[0], pieces[1]], details)));
        Assert.Equal("abcde"u8.ToArray(), pieces[0].Concat(pieces[1][..4]));
        Assert.Equal(oneAt, details.EndPoint);
        Assert.False(details.Flags.HasFlag(MessageFlags.Truncate));

        Task<int> waiting = w.Do(IoRequest.ReceiveMessage(one, [new byte[2]], details));
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await w.Loop.ExecuteAsync(IoRequest.ReceiveMessage(one, [new byte[2]], details)));
        Assert.Equal(3, await w.Do(IoRequest.SendMessage(two, [new byte[3]], oneAt)));
        Assert.Equal(2, await waiting);
        Assert.True(details.Flags.HasFlag(MessageFlags.Truncate));
        Assert.Equal(twoAt, details.EndPoint);
        await w.Close(one, two);
    });

    [Theory]
    [EveryKernel(Capability.ControlData)]
    public void Descriptors_travel_as_control_data_and_those_that_nobody_takes_are_closed(TestedKernel kernel) => Run(kernel, async w =>
    {
        (int ours, int theirs) = w.SocketPair();
        (int readEnd, int writeEnd) = w.Pipe();
        MessageDetails details = new(ControlMessages.SpaceFor(2 * sizeof(int)));
        Assert.Equal(1, await w.Do(IoRequest.SendMessage(ours, [new byte[1]], control: ControlMessages.ForDescriptors(readEnd, writeEnd))));
        await w.Close(readEnd, writeEnd);
        Assert.Equal(1, await w.Do(IoRequest.ReceiveMessage(theirs, [new byte[8]], details)));
        int[] passed = ControlMessages.DescriptorsIn(details.Control);
        Assert.Equal(2, passed.Length);
        Assert.Equal(1, await w.Do(IoRequest.Write(passed[1], new byte[1], -1)));
        Assert.Equal(1, await w.Do(IoRequest.Read(passed[0], new byte[8], -1)));

        // A receive whose observer has gone: the descriptor comes with the last completion and has no taker.
        long orphans = w.Loop.Statistics.Orphans;
        Assert.Equal(1, await w.Do(IoRequest.SendMessage(ours, [new byte[1]], control: ControlMessages.ForDescriptors(passed[0]))));
        OperationHandle abandoned = w.Loop.Observe(IoRequest.ReceiveMessage(theirs, [new byte[8]], details), new Recorder<Completion>());
        w.Loop.Engine.Enter(0, -1);
        abandoned.Unsubscribe();
        await w.TurnUntil(() => !abandoned.IsPending);
        Assert.Equal(1, w.Loop.Statistics.Orphans - orphans);
        await w.Close(passed[0], passed[1], ours, theirs);
    });

    [Theory]
    [EveryKernel]
    [Covers(nameof(IoRequest.ReceiveMessageMultishot))]
    public void A_multishot_brings_each_message_with_its_sender(TestedKernel kernel) => Poll(kernel, w =>
    {
        (int Number, EndPoint At) one = default;
        (int Number, EndPoint At) two = default;
        w.Drive(async () =>
        {
            one = await Datagrams(w);
            two = await Datagrams(w);
        });
        List<(string Text, EndPoint? From)> got = [];
        Recorder<Completion> items = new(c =>
        {
            if (c.BufferId >= 0)
            {
                using BufferLease lease = w.Loop.TakeBuffer(c);
                ReceivedMessage message = ReceivedMessage.Parse(lease.Span, controlRoom: 32);
                got.Add((System.Text.Encoding.ASCII.GetString(message.Payload), message.EndPoint));
                Assert.Equal(message.Payload.Length, message.Length);
                Assert.True(message.Control.IsEmpty);
            }
        });
        OperationHandle receive = w.Loop.Observe(IoRequest.ReceiveMessageMultishot(two.Number, controlRoom: 32), items);
        foreach (string text in (string[])["one", "two", "three"])
        {
            byte[] data = System.Text.Encoding.ASCII.GetBytes(text);
            int count = got.Count;
            w.Drive(async () => Assert.Equal(data.Length, await w.Do(IoRequest.SendMessage(one.Number, [data], two.At))));
            w.Until(() => got.Count > count);
        }

        Assert.Equal(["one", "two", "three"], got.Select(g => g.Text));
        Assert.All(got, g => Assert.Equal(one.At, g.From));
        receive.Cancel();
        w.Until(() => items.IsCompleted);
        Assert.Equal(-Errno.ECANCELED, items.Items[^1].Result);
        Assert.Equal(0, w.Loop.Engine.ReceiveBuffers.Leased);
        w.Drive(() => w.Close(one.Number, two.Number));
    });

    [Theory]
    [EveryKernel(Capability.ZeroCopy)]
    [Covers(nameof(IoRequest.SendZeroCopy))]
    [Covers(nameof(IoRequest.SendMessageZeroCopy))]
    public void A_zero_copy_send_ends_with_its_result_when_its_memory_is_free(TestedKernel kernel) => Poll(kernel, w =>
    {
        (int Client, int Server) pair = default;
        w.Drive(async () => pair = await Connections(w));
        byte[] data = World.Pattern(3000);
        w.Drive(async () =>
        {
            Completion sent = await w.Loop.CompleteAsync(IoRequest.SendZeroCopy(pair.Client, data));
            Assert.Equal(3000, sent.Result);
            Assert.Equal(CompletionFlags.Notification | CompletionFlags.Copied, sent.Flags); // Loopback copies.
            Assert.Equal(data, await w.Receive(pair.Server, 3000));
            Assert.Equal(3000, await w.Loop.ExecuteAsync(IoRequest.SendMessageZeroCopy(pair.Client, [data.AsMemory(0, 1000), data.AsMemory(1000)])));
            Assert.Equal(data, await w.Receive(pair.Server, 3000));
        });
        Recorder<Completion> observed = new();
        w.Loop.Observe(IoRequest.SendZeroCopy(pair.Client, data), observed);
        w.Until(() => observed.IsCompleted);
        Assert.Equal([3000, 0], observed.Items.Select(c => c.Result));
        Assert.Equal([CompletionFlags.More, CompletionFlags.Notification | CompletionFlags.Copied], observed.Items.Select(c => c.Flags));
        w.Loop.Submit(IoRequest.SendZeroCopy(pair.Client, data), 9);
        Completion[] raw = w.Take(2);
        Assert.Equal([(9UL, 3000L, true), (9UL, 0L, false)], raw.Select(c => (c.Tag, c.Result, c.HasMore)));
        w.Drive(async () =>
        {
            byte[] twice = [.. data, .. data];
            Assert.Equal(twice, await w.Receive(pair.Server, 6000));
            await w.Close(pair.Server);
            Completion reset = default;
            while (reset.Result >= 0)
            {
                reset = await w.Loop.CompleteAsync(IoRequest.SendZeroCopy(pair.Client, data));
            }

            Assert.True(reset.ErrorNumber is Errno.EPIPE or Errno.ECONNRESET, reset.ToString());
            await w.Close(pair.Client);
        });
    });

    internal static async Task<(int Client, int Server)> Connections(World w)
    {
        (int listener, EndPoint endPoint) = w.Listen();
        int client = await w.Do(IoRequest.Socket(Internet, 1 | 0x80000));
        Assert.Equal(0, await w.Do(IoRequest.Connect(client, endPoint)));
        int server = await w.Do(IoRequest.Accept(listener));
        await w.Close(listener);
        return (client, server);
    }

    private static async Task<(int Number, EndPoint At)> Datagrams(World w)
    {
        int socket = await w.Do(IoRequest.Socket(Internet, DatagramCloseOnExec));
        Assert.Equal(0, await w.Do(IoRequest.Bind(socket, new IPEndPoint(IPAddress.Loopback, 0))));
        return (socket, SocketCalls.NameOf(w.Loop.Engine.Ring.Calls, socket)!);
    }
}
