using System.Net;
using System.Net.Sockets;

namespace Dispatch.Testing.Tests;

/// <summary>The simulated sockets do what Linux's do.</summary>
public sealed class SocketTests
{
    private static readonly IPEndPoint Address = new(IPAddress.Loopback, 7000);

    [Fact]
    public void Nobody_listens_and_a_connect_is_refused() => Worlds.OnLoop(async (_, _) =>
    {
        SocketException e = await Assert.ThrowsAsync<SocketException>(() => Connection.ConnectAsync(Address));
        Assert.Equal(SocketError.ConnectionRefused, e.SocketErrorCode);
    });

    [Fact]
    public void An_address_in_use_is_refused() => Worlds.OnLoop(async (_, _) =>
    {
        await using Listener first = Listener.Listen(Address);
        SocketException e = Assert.Throws<SocketException>(() => Listener.Listen(Address));
        Assert.Equal(SocketError.AddressAlreadyInUse, e.SocketErrorCode);
    });

    [Fact]
    public void Ports_and_names_are_told() => Worlds.OnLoop(async (_, _) =>
    {
        await using Listener listener = Listener.Listen(new IPEndPoint(IPAddress.Loopback, 0));
        IPEndPoint local = Assert.IsType<IPEndPoint>(listener.LocalEndPoint);
        Assert.NotEqual(0, local.Port);
        await using Connection client = await Connection.ConnectAsync(local);
        await using Connection server = await listener.AcceptAsync();
        Assert.Equal(client.LocalEndPoint, server.RemoteEndPoint);
        Assert.Equal(local, server.LocalEndPoint);
    });

    [Fact]
    public void A_reset_is_seen_after_what_had_arrived() => SimulatedKernel.Run(
        1,
        async kernel =>
        {
            EventLoop loop = kernel.CreateLoop();
            SimulatedListener listener = kernel.Listen(Address);
            Task serving = loop.InvokeAsync(async () =>
            {
                await using Connection connection = await Connection.ConnectAsync(Address);
                byte[] bytes = new byte[10];
                await loop.DelayAsync(TimeSpan.FromMilliseconds(1));
                Assert.Equal(3, await connection.ReceiveAsync(bytes));
                SocketException e = await Assert.ThrowsAsync<SocketException>(async () => await connection.ReceiveAsync(bytes));
                Assert.Equal(SocketError.ConnectionReset, e.SocketErrorCode);
            });
            SimulatedPeer peer = await listener.AcceptAsync();
            await peer.SendAsync("abc"u8.ToArray());
            peer.Reset();
            await serving;
            listener.Close();
        },
        Worlds.Calm);

    [Fact]
    public void A_half_closed_connection_still_sends() => SimulatedKernel.RunMany(50, async kernel =>
    {
        EventLoop loop = kernel.CreateLoop();
        SimulatedListener listener = kernel.Listen(Address);
        Task asking = loop.InvokeAsync(async () =>
        {
            await using Connection connection = await Connection.ConnectAsync(Address);
            await connection.SendAsync("question"u8.ToArray());
            await connection.ShutdownAsync();
            byte[] answer = new byte[100];
            int have = 0;
            int received;
            while ((received = await connection.ReceiveAsync(answer.AsMemory(have))) != 0)
            {
                have += received;
            }

            Assert.Equal("answer"u8.ToArray(), answer[..have]);
        });
        SimulatedPeer peer = await listener.AcceptAsync();
        Assert.Equal("question"u8.ToArray(), await peer.ReceiveToEndAsync());
        await peer.SendAsync("answer"u8.ToArray());
        peer.Close();
        await asking;
        listener.Close();
    });

    [Fact]
    public void A_full_buffer_stops_the_sender_until_the_peer_reads() => SimulatedKernel.Run(
        1,
        async kernel =>
        {
            EventLoop loop = kernel.CreateLoop();
            SimulatedListener listener = kernel.Listen(Address);
            bool sent = false;
            Task sending = loop.InvokeAsync(async () =>
            {
                await using Connection connection = await Connection.ConnectAsync(Address);
                await connection.SendAsync(new byte[1000]);
                sent = true;
            });
            SimulatedPeer peer = await listener.AcceptAsync();
            await kernel.DelayAsync(TimeSpan.FromSeconds(1));
            Assert.False(sent);
            Assert.Equal(1000, (await peer.ReceiveToEndAsync()).Length);
            await sending;
            peer.Close();
            listener.Close();
        },
        new SimulationOptions { Faults = FaultPlan.None, SocketBufferBytes = 100 });

    [Fact]
    public void A_full_backlog_makes_the_next_wait() => SimulatedKernel.Run(
        1,
        async kernel =>
        {
            EventLoop loop = kernel.CreateLoop();
            Listener? listener = null;
            await loop.InvokeAsync(() =>
            {
                listener = Listener.Listen(Address, new ListenerOptions { Backlog = 1 });
                return Task.CompletedTask;
            });
            SimulatedPeer first = await kernel.ConnectAsync(Address);
            Task<SimulatedPeer> second = kernel.ConnectAsync(Address);
            await kernel.DelayAsync(TimeSpan.FromSeconds(1));
            Assert.False(second.IsCompleted);
            await loop.InvokeAsync(async () => await (await listener!.AcceptAsync()).CloseAsync());
            (await second).Close();
            first.Close();
            await loop.InvokeAsync(listener!.CloseAsync);
        },
        Worlds.Calm);

    [Fact]
    public void Descriptors_run_out_and_come_back() => SimulatedKernel.RunMany(
        20,
        async kernel =>
        {
            Dispatcher dispatcher = kernel.CreateDispatcher();
            Server server = dispatcher.Serve(Address, async (connection, token) =>
            {
                byte[] one = new byte[1];
                _ = await connection.ReceiveAsync(one, token);
                await connection.SendAsync(one, token);
            });
            await Task.WhenAll(Enumerable.Range(0, 10).Select(async _ =>
            {
                SimulatedPeer peer = await kernel.ConnectAsync(Address);
                await peer.SendAsync("x"u8.ToArray());
                Assert.Single(await peer.ReceiveToEndAsync());
                peer.Close();
            }));
            await server.DisposeAsync();
        },
        new SimulationOptions { DescriptorLimit = 3 });

    [Fact]
    public void Datagrams_arrive_whole() => Worlds.OnLoop(async (kernel, loop) =>
    {
        int receiver = await loop.ExecuteAsync(IoRequest.Socket(2, 2));
        int sender = await loop.ExecuteAsync(IoRequest.Socket(2, 2));
        Assert.Equal(0, Bind(kernel, receiver, 5000));
        await loop.ExecuteAsync(IoRequest.Connect(sender, new IPEndPoint(IPAddress.Loopback, 5000)));
        Assert.Equal(3, await loop.ExecuteAsync(IoRequest.Send(sender, "abc"u8.ToArray())));
        Assert.Equal(2, await loop.ExecuteAsync(IoRequest.Send(sender, "de"u8.ToArray())));
        byte[] bytes = new byte[2];
        Assert.Equal(2, await loop.ExecuteAsync(IoRequest.Receive(receiver, bytes)));
        Assert.Equal("ab"u8.ToArray(), bytes);
        Assert.Equal(2, await loop.ExecuteAsync(IoRequest.Receive(receiver, bytes)));
        Assert.Equal("de"u8.ToArray(), bytes);
        kernel.Close(receiver);
        kernel.Close(sender);
    });

    [Fact]
    public void A_futex_wakes_who_waits_in_order() => Worlds.OnLoop(async (_, loop) =>
    {
        nint word = System.Runtime.InteropServices.Marshal.AllocHGlobal(4);
        System.Runtime.InteropServices.Marshal.WriteInt32(word, 5);
        Assert.Equal(-Errno.EAGAIN, (await loop.CompleteAsync(IoRequest.FutexWait(word, 4))).Result);
        ValueTask<int> first = loop.ExecuteAsync(IoRequest.FutexWait(word, 5));
        ValueTask<int> second = loop.ExecuteAsync(IoRequest.FutexWait(word, 5));
        Assert.Equal(1, await loop.ExecuteAsync(IoRequest.FutexWake(word, 1)));
        Assert.Equal(0, await first);
        Assert.False(second.IsCompleted);
        Assert.Equal(1, await loop.ExecuteAsync(IoRequest.FutexWake(word)));
        Assert.Equal(0, await second);
        System.Runtime.InteropServices.Marshal.FreeHGlobal(word);
    });

    [Fact]
    public void A_poll_says_what_a_pipe_is_ready_for() => Worlds.OnLoop(async (kernel, loop) =>
    {
        (int reader, int writer) = kernel.CreatePipe();
        Assert.Equal((int)PollEvents.Writable, await loop.ExecuteAsync(IoRequest.Poll(writer, PollEvents.Writable)));
        ValueTask<int> readable = loop.ExecuteAsync(IoRequest.Poll(reader, PollEvents.Readable));
        await loop.ExecuteAsync(IoRequest.Nop());
        Assert.False(readable.IsCompleted);
        await loop.ExecuteAsync(IoRequest.Write(writer, new byte[3], 0));
        Assert.Equal((int)PollEvents.Readable, await readable);
        kernel.Close(writer);
        Assert.Equal((int)(PollEvents.Readable | PollEvents.HangUp), await loop.ExecuteAsync(IoRequest.Poll(reader, PollEvents.Readable)));
        Assert.Equal(3, await loop.ExecuteAsync(IoRequest.Read(reader, new byte[10], 0)));
        Assert.Equal(0, await loop.ExecuteAsync(IoRequest.Read(reader, new byte[10], 0)));
        kernel.Close(reader);
    });

    private static unsafe int Bind(SimulatedKernel kernel, int socket, int port)
    {
        System.Net.SocketAddress address = new IPEndPoint(IPAddress.Loopback, port).Serialize();
        fixed (byte* bytes = address.Buffer.Span)
        {
            return kernel.Calls.Bind(socket, bytes, address.Size);
        }
    }
}
