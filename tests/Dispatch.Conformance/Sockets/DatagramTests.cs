using System.Net;
using System.Net.Sockets;

namespace Dispatch.Conformance.Sockets;

/// <summary>Requests on datagram sockets: whole messages, of both families.</summary>
public sealed class DatagramTests : KernelTests
{
    private static readonly AddressFamily[] Families = [AddressFamily.InterNetwork, AddressFamily.Unix];

    [Theory]
    [EveryKernel]
    public void A_datagram_arrives_whole_or_not_at_all_and_in_order(TestedKernel kernel) => OfBoth(
        kernel,
        async (w, family) =>
        {
            (int first, int second) = await Connected(w, family);
            int[] lengths = [1, 700, 3, 1400, 0, 20, 512];
            for (int i = 0; i < lengths.Length; i++)
            {
                Assert.Equal(lengths[i], await w.Do(IoRequest.Send(first, World.Pattern(lengths[i], i + 1))));
            }

            byte[] buffer = new byte[2000];
            for (int i = 0; i < lengths.Length; i++)
            {
                Assert.Equal(lengths[i], await w.Do(IoRequest.Receive(second, buffer)));
                Assert.Equal(World.Pattern(lengths[i], i + 1), buffer[..lengths[i]]);
            }

            Assert.Equal(-Errno.EAGAIN, await w.Do(IoRequest.Receive(second, buffer, MessageFlags.DoNotWait)));
            await w.Close(first, second);
        },
        tolerates: Tolerance.Partial);

    [Theory]
    [EveryKernel]
    public void What_a_datagram_has_beyond_the_buffer_is_gone_and_can_be_counted(TestedKernel kernel) => OfBoth(kernel, async (w, family) =>
    {
        (int first, int second) = await Connected(w, family);
        byte[] buffer = new byte[4];
        await w.Do(IoRequest.Send(first, World.Pattern(100)));
        await w.Do(IoRequest.Send(first, World.Pattern(50)));
        await w.Do(IoRequest.Send(first, new byte[] { 9 }));
        Assert.Equal(100, await w.Do(IoRequest.Receive(second, buffer, MessageFlags.Peek | MessageFlags.Truncate)));
        Assert.Equal(4, await w.Do(IoRequest.Receive(second, buffer)));
        Assert.Equal(World.Pattern(100)[..4], buffer);
        Assert.Equal(50, await w.Do(IoRequest.Receive(second, buffer, MessageFlags.Truncate)));
        Assert.Equal(1, await w.Do(IoRequest.Receive(second, buffer)));
        Assert.Equal(9, buffer[0]);
        await w.Close(first, second);
    });

    [Theory]
    [EveryKernel]
    public void A_receive_waits_for_a_datagram_and_a_cancel_ends_it(TestedKernel kernel) => OfBoth(kernel, async (w, family) =>
    {
        (int first, int second) = await Connected(w, family);
        byte[] buffer = new byte[10];
        Task<int> waiting = w.Do(IoRequest.Receive(second, buffer));
        await w.Turn(3);
        Assert.False(waiting.IsCompleted);
        Assert.Equal(2, await w.Do(IoRequest.Send(first, new byte[] { 1, 2 })));
        Assert.Equal(2, await waiting);

        using CancellationTokenSource cancel = new();
        Task<Completion> cancelled = w.Loop.CompleteAsync(IoRequest.Receive(second, buffer), cancel.Token).AsTask();
        await w.Turn(3);
        cancel.Cancel();
        Assert.Equal(-Errno.ECANCELED, (await cancelled).Result);
        Assert.Equal(1, await w.Do(IoRequest.Send(first, new byte[] { 3 }))); // It took none along.
        Assert.Equal(1, await w.Do(IoRequest.Receive(second, buffer)));
        Assert.Equal(3, buffer[0]);
        await w.Close(first, second);
    });

    [Theory]
    [EveryKernel]
    public void A_datagram_to_nobody_is_refused(TestedKernel kernel) => OfBoth(kernel, async (w, family) =>
    {
        (int first, int second) = await Connected(w, family);
        await w.Close(second);
        int sent = await w.Do(IoRequest.Send(first, new byte[1]));
        if (family == AddressFamily.InterNetwork)
        {
            // It is gone before anybody says so: the next call is told.
            Assert.Equal(1, sent);
            sent = await w.Do(IoRequest.Receive(first, new byte[1]));
        }

        Assert.Equal(-Errno.ECONNREFUSED, sent);
        await w.Close(first);
    });

    [Theory]
    [EveryKernel]
    public void A_connected_socket_hears_its_peer_alone(TestedKernel kernel) => OfBoth(kernel, async (w, family) =>
    {
        (int first, int second) = await Connected(w, family);
        (int stranger, _) = w.Datagram(family);
        int connected = await w.Do(IoRequest.Connect(stranger, Named(w, second)));
        int sent = await w.Do(IoRequest.Send(stranger, new byte[] { 66 }));
        Assert.True(family == AddressFamily.InterNetwork ? (connected, sent) == (0, 1) : connected == -Errno.EPERM && sent < 0, $"{family}: {connected}, {sent}");
        byte[] buffer = new byte[4];
        await w.Do(IoRequest.Send(first, new byte[] { 7 }));
        Assert.Equal(1, await w.Do(IoRequest.Receive(second, buffer)));
        Assert.Equal(7, buffer[0]);
        Assert.Equal(-Errno.EAGAIN, await w.Do(IoRequest.Receive(second, buffer, MessageFlags.DoNotWait)));
        await w.Close(first, second, stranger);
    });

    [Theory]
    [EveryKernel]
    public void A_sender_waits_for_room_where_nothing_may_be_lost(TestedKernel kernel) => Run(kernel, async w =>
    {
        (int first, int second) = await Connected(w, AddressFamily.Unix);
        const int Count = 10;
        const int Bytes = 50_000; // More than a socket holds, all together.
        Task<int>[] sends = [.. Enumerable.Range(0, Count).Select(i => w.Do(IoRequest.Send(first, World.Pattern(Bytes, i + 1))))];
        await w.Turn(3);
        Assert.Contains(sends, s => !s.IsCompleted);
        HashSet<int> missing = [.. Enumerable.Range(1, Count)];
        byte[] buffer = new byte[Bytes];
        while (missing.Count != 0)
        {
            Assert.Equal(Bytes, await w.Do(IoRequest.Receive(second, buffer)));
            Assert.True(missing.Remove(missing.First(i => buffer.AsSpan().SequenceEqual(World.Pattern(Bytes, i)))));
        }

        Assert.All(await Task.WhenAll(sends), r => Assert.Equal(Bytes, r));
        await w.Close(first, second);
    });

    [Theory]
    [EveryKernel]
    public void A_multishot_receive_brings_a_datagram_an_item(TestedKernel kernel)
    {
        foreach (AddressFamily family in Families)
        {
            Poll(kernel, w =>
            {
                (int first, int second) = (0, 0);
                w.Drive(async () => (first, second) = await Connected(w, family));
                List<byte[]> got = [];
                Recorder<Completion> items = new(c =>
                {
                    if (c.BufferId >= 0)
                    {
                        using BufferLease lease = w.Loop.TakeBuffer(c);
                        got.Add(lease.ToArray());
                    }
                });
                OperationHandle receive = w.Loop.Observe(IoRequest.ReceiveMultishot(second), items);
                for (int i = 1; i <= 5; i++)
                {
                    w.Drive(async () => Assert.Equal(i * 100, await w.Do(IoRequest.Send(first, World.Pattern(i * 100, i)))));
                    w.Until(() => got.Count == i);
                    Assert.Equal(World.Pattern(i * 100, i), got[^1]);
                }

                receive.Cancel();
                w.Until(() => items.IsCompleted);
                Assert.Equal(-Errno.ECANCELED, items.Items[^1].Result);
                w.Drive(() => w.Close(first, second));
            });
        }
    }

    private static void OfBoth(TestedKernel kernel, Func<World, AddressFamily, Task> body, Tolerance tolerates = Tolerance.None, [System.Runtime.CompilerServices.CallerMemberName] string name = "")
    {
        foreach (AddressFamily family in Families)
        {
            Run(kernel, w => body(w, family), tolerates: tolerates, name: $"{name} ({family})");
        }
    }

    /// <summary>Two sockets that are connected to each other.</summary>
    private static async Task<(int First, int Second)> Connected(World w, AddressFamily family)
    {
        (int first, EndPoint firstName) = w.Datagram(family);
        (int second, EndPoint secondName) = w.Datagram(family);
        Assert.Equal(0, await w.Do(IoRequest.Connect(first, secondName)));
        Assert.Equal(0, await w.Do(IoRequest.Connect(second, firstName)));
        return (first, second);
    }

    private static EndPoint Named(World w, int socket) => SocketCalls.NameOf(w.Calls, socket)!;
}
