using System.Net;
using System.Net.Sockets;
using Dispatch.Tests.Kernel;
using Tmds.Linux;
using static Dispatch.IoUringAbi;
using static Dispatch.Tests.Interop.NewerKernel;

namespace Dispatch.Tests.Interop;

/// <summary>Numbers that older headers lack, proved by what the kernel does with them. Of sockets.</summary>
public sealed unsafe class NewerSocketTests
{
    private const byte BufferGroup = 7;

    [Fact]
    public void A_bundle_fills_more_than_one_buffer()
    {
        Needs(6, 10);
        using RawRing ring = RawRing.Create();
        using PairOfSockets pair = new();
        using ProvidedBuffers buffers = new(ring.Ring, BufferGroup, count: 4, size: 4);
        pair.Near.Send("12345678"u8);
        SubmissionEntry entry = new() { Opcode = Opcode.Recv, Fd = pair.FarNumber, Flags = EntryFlags.BufferSelect, BufferGroup = BufferGroup };
        entry.IoPriority = IORING_RECVSEND_BUNDLE;

        ring.Stage(entry);
        CompletionEntry completion = ring.Take();

        Assert.Equal(ring.Ring.Description.Features.Contains("RECVSEND_BUNDLE"), completion.Result == 8);
        Assert.Equal(8, completion.Result);
        Assert.Equal("12345678", buffers.Text(8));
    }

    [Fact]
    public void An_accept_that_does_not_wait_fails_at_once()
    {
        Needs(6, 10);
        using RawRing ring = RawRing.Create();
        using Socket listener = Listen();
        int result = ring.Do(OnSocket(Opcode.Accept, listener, IORING_ACCEPT_DONTWAIT));

        Assert.Equal(-Errno.EAGAIN, result);
    }

    [Fact]
    public void An_accept_that_polls_first_waits()
    {
        Needs(6, 10);
        using RawRing ring = RawRing.Create();
        using Socket listener = Listen();
        SubmissionEntry entry = OnSocket(Opcode.Accept, listener, IORING_ACCEPT_POLL_FIRST);
        entry.UserData = 5;
        ring.Stage(entry);
        Assert.Equal(1, ring.Enter());
        Assert.False(ring.TryTake(out _)); // Neither refused, nor answered like one that does not wait.

        using Socket client = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        client.Connect(listener.LocalEndPoint!);
        CompletionEntry completion = ring.Take();

        Assert.True(completion.Result >= 0);
        Assert.Equal(0u, completion.Flags & IORING_CQE_F_MORE);
        Assert.Equal(0, LibC.close(completion.Result));

        // All that the field has room for besides is refused, so the bit is one of the three that accept knows; the two others are proved.
        Assert.Equal(-Errno.EINVAL, ring.Do(OnSocket(Opcode.Accept, listener, 1 << 3)));
    }

    [Fact]
    public void A_socket_is_bound_and_listens()
    {
        Needs(6, 11);
        using RawRing ring = RawRing.Create();
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        SocketAddress address = new IPEndPoint(IPAddress.Loopback, 0).Serialize();
        SubmissionEntry bind = OnSocket(Opcode.Bind, socket, 0);
        bind.Offset = (ulong)address.Size;
        fixed (byte* bytes = address.Buffer.Span)
        {
            bind.Address = (ulong)bytes;
            Assert.Equal(0, ring.Do(bind));
        }

        SubmissionEntry listen = OnSocket(Opcode.Listen, socket, 0);
        listen.Length = 1;
        Assert.Equal(0, ring.Do(listen));

        using Socket client = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        client.Connect(SocketCalls.NameOf(KernelCalls.Real, (int)socket.Handle)!);
        Assert.True(client.Connected);
    }

    [Fact]
    public void A_zero_copy_receive_is_what_stands_between_listen_and_epoll_wait()
    {
        Needs(6, 15);

        // It needs a network card's queue, which no test can count on. Its neighbours on both sides are proved, the kernel gives numbers out in
        // order and takes none back, and without a queue the request is refused.
        Assert.Equal((Opcode.Listen + 1, Opcode.EpollWait - 1), (Opcode.RecvZc, Opcode.RecvZc));
        using RawRing ring = RawRing.Create();
        using PairOfSockets pair = new();
        Assert.True(ring.Do(new SubmissionEntry { Opcode = Opcode.RecvZc, Fd = pair.FarNumber }) is -Errno.EINVAL or -Errno.EOPNOTSUPP);
    }

    [Fact]
    public void A_zero_copy_send_says_that_it_was_copied_when_asked()
    {
        Needs(6, 2);
        using RawRing ring = RawRing.Create();
        using Socket listener = Listen();
        using Socket client = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        client.Connect(listener.LocalEndPoint!);
        byte letter = 1;
        foreach (ushort flags in (ushort[])[IORING_SEND_ZC_REPORT_USAGE, 0])
        {
            ring.Stage(new SubmissionEntry { Opcode = Opcode.SendZc, Fd = (int)client.Handle, Address = (ulong)&letter, Length = 1, IoPriority = flags });
            CompletionEntry sent = ring.Take();
            CompletionEntry freed = ring.Take();

            // Loopback copies. Without the flag nothing is said of it.
            Assert.Equal((1, IORING_CQE_F_MORE), (sent.Result, sent.Flags & 0xffff));
            Assert.Equal((flags == 0 ? 0 : unchecked((int)IORING_NOTIF_USAGE_ZC_COPIED), IORING_CQE_F_NOTIF), (freed.Result, freed.Flags & 0xffff));
        }
    }

    [Fact]
    public void A_socket_is_asked_and_told_by_commands()
    {
        Needs(6, 7);
        const ulong SocketLevel = 1;
        const ulong KeepAlive = 9UL << 32;
        using RawRing ring = RawRing.Create();
        using Socket listener = Listen();
        using Socket client = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        client.Connect(listener.LocalEndPoint!);
        using Socket server = listener.Accept();
        Assert.Equal(5, client.Send("12345"u8));
        Assert.True(server.Poll(RawRing.Guard, SelectMode.SelectRead));
        int value = 1;

        Assert.Equal(5, ring.Do(new SubmissionEntry { Opcode = Opcode.UringCmd, Fd = (int)server.Handle, Offset = SOCKET_URING_OP_SIOCINQ }));
        Assert.Equal(0, ring.Do(new SubmissionEntry { Opcode = Opcode.UringCmd, Fd = (int)server.Handle, Offset = SOCKET_URING_OP_SIOCOUTQ }));
        Assert.Equal(0, ring.Do(new SubmissionEntry { Opcode = Opcode.UringCmd, Fd = (int)server.Handle, Offset = SOCKET_URING_OP_SETSOCKOPT, Address = SocketLevel | KeepAlive, FileIndex = 4, Address3 = (ulong)&value }));
        value = 0;
        Assert.Equal(4, ring.Do(new SubmissionEntry { Opcode = Opcode.UringCmd, Fd = (int)server.Handle, Offset = SOCKET_URING_OP_GETSOCKOPT, Address = SocketLevel | KeepAlive, FileIndex = 4, Address3 = (ulong)&value }));
        Assert.Equal(1, value);
    }
}
