using System.Net;
using System.Net.Sockets;

namespace Dispatch.Conformance.Sockets;

/// <summary>Requests on stream sockets.</summary>
public sealed class SocketTests : KernelTests
{
    private const int Internet = 2;
    private const int StreamCloseOnExec = 1 | 0x80000;

    [Theory]
    [EveryKernel]
    [Covers(nameof(IoRequest.Socket))]
    [Covers(nameof(IoRequest.Connect))]
    [Covers(nameof(IoRequest.Accept))]
    [Covers(nameof(IoRequest.Send), typeof(ReadOnlyMemory<byte>))]
    [Covers(nameof(IoRequest.Receive))]
    [Covers(nameof(IoRequest.Shutdown))]
    public void A_socket_is_made_connected_accepted_written_to_read_from_and_shut_down(TestedKernel kernel) => Run(kernel, async w =>
    {
        (int listener, EndPoint endPoint) = w.Listen();
        Task<int> accept = w.Do(IoRequest.Accept(listener));
        int client = await w.Do(IoRequest.Socket(Internet, StreamCloseOnExec));
        Assert.Equal(0, await w.Do(IoRequest.Connect(client, endPoint)));
        int server = await accept;
        await w.Send(client, new byte[] { 1, 2, 3, 4 });
        Assert.Equal([1, 2, 3, 4], await w.Receive(server, 4));
        await w.Send(server, new byte[] { 5, 6 });
        Assert.Equal([5, 6], await w.Receive(client, 2));
        Assert.Equal(0, await w.Do(IoRequest.Shutdown(client, SocketShutdown.Send)));
        Assert.Equal(0, await w.Do(IoRequest.Receive(server, new byte[1])));
        await w.Send(server, new byte[] { 7 }); // The other half stays open.
        Assert.Equal([7], await w.Receive(client, 1));
        Assert.Equal(-Errno.EPIPE, await w.Do(IoRequest.Send(client, new byte[1])));
        await w.Close(server);
        Assert.Equal(0, await w.Do(IoRequest.Receive(client, new byte[1])));
        await w.Close(client, listener);
    });

    [Theory]
    [EveryKernel]
    [Covers(nameof(IoRequest.AcceptMultishot))]
    public void A_multishot_accept_gives_one_descriptor_a_connection(TestedKernel kernel) => Poll(kernel, w =>
    {
        (int listener, EndPoint endPoint) = w.Listen();
        Recorder<Completion> accepts = new();
        OperationHandle accept = w.Loop.Observe(IoRequest.AcceptMultishot(listener), accepts);
        int[] clients = new int[5];
        w.Drive(async () =>
        {
            for (int i = 0; i < clients.Length; i++)
            {
                clients[i] = await w.Do(IoRequest.Socket(Internet, StreamCloseOnExec));
                Assert.Equal(0, await w.Do(IoRequest.Connect(clients[i], endPoint)));
                await w.Send(clients[i], new byte[] { (byte)i });
            }
        });
        w.Until(() => accepts.Items.Count == clients.Length);
        Assert.All(accepts.Items, c => Assert.True(c.HasMore && c.Result >= 0));
        accept.Cancel();
        w.Until(() => accepts.IsCompleted);
        Assert.Equal(-Errno.ECANCELED, accepts.Items[^1].Result);
        w.Drive(async () =>
        {
            int[] servers = [.. accepts.Items.SkipLast(1).Select(c => (int)c.Result)];
            List<byte> said = [];
            foreach (int server in servers)
            {
                said.AddRange(await w.Receive(server, 1));
            }

            said.Sort();
            Assert.Equal([0, 1, 2, 3, 4], said);
            await w.Close([.. servers, .. clients, listener]);
        });
    });

    [Theory]
    [EveryKernel]
    [Covers(nameof(IoRequest.ReceiveMultishot))]
    [Covers(nameof(IoRequest.Send), typeof(BufferLease))]
    public void A_multishot_receive_brings_leases_that_can_be_sent_on(TestedKernel kernel) => Poll(kernel, w =>
    {
        (int ours, int theirs) = w.SocketPair();
        List<byte> got = [];
        Task echo = Task.CompletedTask;
        Recorder<Completion> items = new(c =>
        {
            if (c.BufferId >= 0)
            {
                BufferLease lease = w.Loop.TakeBuffer(c);
                got.AddRange(lease.Span);
                echo = SendOnAsync(echo, lease);
            }
        });
        w.Loop.Observe(IoRequest.ReceiveMultishot(ours), items);
        for (byte i = 0; i < 10; i++)
        {
            byte[] one = [i, (byte)(i + 100)];
            w.Drive(() => w.Send(theirs, one));
            w.Until(() => got.Count == (i + 1) * 2);
        }

        w.Drive(async () => Assert.Equal(0, await w.Do(IoRequest.Shutdown(theirs, SocketShutdown.Send))));
        w.Until(() => items.IsCompleted && echo.IsCompleted);
        Assert.Equal(0, items.Items[^1].Result);
        Assert.All(items.Items.SkipLast(1), c => Assert.True(c.HasMore));
        Assert.Equal(Enumerable.Range(0, 10).SelectMany(i => new[] { (byte)i, (byte)(i + 100) }), got);
        w.Drive(async () =>
        {
            await echo;
            Assert.Equal(got, await w.Receive(theirs, 20));
            await w.Close(ours, theirs);
        });
        Assert.Equal(0, w.Loop.Engine.ReceiveBuffers.Leased);

        async Task SendOnAsync(Task before, BufferLease lease)
        {
            await before;
            BufferLease rest = lease;
            while (!rest.IsEmpty)
            {
                rest = rest.Slice(await w.Loop.ExecuteAsync(IoRequest.Send(ours, rest)));
            }

            lease.Dispose();
        }
    });

    [Theory]
    [EveryKernel]
    [Covers(nameof(IoRequest.Send), typeof(nint))]
    public void Unmanaged_memory_is_sent_from(TestedKernel kernel) => Run(kernel, async w =>
    {
        (int ours, int theirs) = w.SocketPair();
        using AlignedMemory memory = AlignedMemory.Allocate(4096);
        World.Pattern(4096).CopyTo(memory.Memory);
        Task<byte[]> received = w.Receive(theirs, 4096);
        for (int done = 0; done < 4096;)
        {
            done += await w.Do(IoRequest.Send(ours, memory.Address + done, 4096 - done));
        }

        Assert.Equal(World.Pattern(4096), await received);
        await w.Close(ours, theirs);
    });

    [Theory]
    [EveryKernel]
    public void A_connect_that_nobody_answers_is_refused_with_the_address(TestedKernel kernel) => Run(kernel, async w =>
    {
        (int listener, EndPoint endPoint) = w.Listen();
        await w.Close(listener);
        int client = await w.Do(IoRequest.Socket(Internet, StreamCloseOnExec));
        SocketException refused = await Assert.ThrowsAsync<SocketException>(async () => await w.Loop.ExecuteAsync(IoRequest.Connect(client, endPoint)));
        Assert.Equal(SocketError.ConnectionRefused, refused.SocketErrorCode);
        Assert.Contains(endPoint.ToString()!, refused.Message, StringComparison.Ordinal);
        await w.Close(client);
    });

    [Theory]
    [EveryKernel]
    public void A_send_to_a_vanished_peer_is_an_error_and_no_signal(TestedKernel kernel) => Run(kernel, async w =>
    {
        (int ours, int theirs) = w.SocketPair();
        await w.Close(theirs);
        int result;
        do
        {
            result = await w.Do(IoRequest.Send(ours, new byte[100], MessageFlags.None));
        }
        while (result >= 0);

        Assert.Contains(-result, new[] { Errno.EPIPE, Errno.ECONNRESET });
        await w.Close(ours);
    });

    [Theory]
    [EveryKernel]
    public void A_peek_leaves_what_it_saw_and_not_waiting_says_EAGAIN(TestedKernel kernel) => Run(kernel, async w =>
    {
        (int ours, int theirs) = w.SocketPair();
        Assert.Equal(-Errno.EAGAIN, await w.Do(IoRequest.Receive(ours, new byte[4], MessageFlags.DoNotWait)));
        await w.Send(theirs, new byte[] { 1, 2 });
        byte[] buffer = new byte[4];
        int peeked = await w.Do(IoRequest.Receive(ours, buffer, MessageFlags.Peek));
        Assert.InRange(peeked, 1, 2);
        Assert.Equal(1, buffer[0]);
        Assert.Equal([1, 2], await w.Receive(ours, 2));
        await w.Close(ours, theirs);
    });

    [Theory]
    [EveryKernel]
    public void A_receive_of_all_waits_for_all_of_it_and_ends_short_only_at_the_end(TestedKernel kernel) => Run(kernel, async w =>
    {
        (int ours, int theirs) = w.SocketPair();
        byte[] all = new byte[3000];
        Task<int> receive = w.Do(IoRequest.Receive(ours, all, MessageFlags.WaitAll));
        for (int i = 0; i < 3; i++)
        {
            await w.Send(theirs, World.Pattern(3000).AsMemory(i * 1000, 1000));
            await w.Turn(2);
        }

        Assert.Equal(3000, await receive);
        Assert.Equal(World.Pattern(3000), all);
        receive = w.Do(IoRequest.Receive(ours, all, MessageFlags.WaitAll));
        await w.Send(theirs, new byte[5]);
        Assert.Equal(0, await w.Do(IoRequest.Shutdown(theirs, SocketShutdown.Send)));
        Assert.Equal(5, await receive);
        await w.Close(ours, theirs);
    });

    [Theory]
    [EveryKernel]
    [Scenario(Scenarios.ShortSend)]
    public void A_short_send_is_gone_on_from_in_order_before_the_next_one(TestedKernel kernel) => Run(
        kernel,
        async w =>
        {
            (Connection ours, Connection theirs) = w.Connections();
            byte[] data = World.Pattern(40_000, w.Seed);
            w.Faults.BytesAtMost = 900;
            Task[] sends = [.. Enumerable.Range(0, 10).Select(i => ours.SendAsync(data.AsMemory(i * 4000, 4000)).AsTask())];
            byte[] got = new byte[data.Length];
            for (int done = 0; done < got.Length;)
            {
                int n = await theirs.ReceiveAsync(got.AsMemory(done));
                Assert.NotEqual(0, n);
                done += n;
            }

            await Task.WhenAll(sends);
            Assert.Equal(data, got);
            Assert.True(w.Faults.Shortened >= 40, "No send was short.");
            await ours.CloseAsync();
            await theirs.CloseAsync();
        },
        tolerates: Tolerance.Partial);

    [Theory]
    [EveryKernel]
    public void More_than_the_sockets_hold_arrives_in_order_through_full_buffers(TestedKernel kernel) => Run(
        kernel,
        async w =>
        {
            (int ours, int theirs) = w.SocketPair();
            byte[] data = World.Pattern(1 << 20, w.Seed);
            Task send = SendAndEndAsync();
            Assert.Equal(data, await w.ReceiveAll(theirs));
            await send;
            await w.Close(ours, theirs);

            async Task SendAndEndAsync()
            {
                await w.Send(ours, data);
                Assert.Equal(0, await w.Do(IoRequest.Shutdown(ours, SocketShutdown.Send)));
            }
        },
        tolerates: Tolerance.Partial);
}
