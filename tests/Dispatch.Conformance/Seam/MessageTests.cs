using System.Net;
using System.Net.Sockets;
using Tmds.Linux;

namespace Dispatch.Conformance.Seam;

/// <summary>Messages: gathered from pieces and scattered into pieces, with the address that they go to or come from.</summary>
public sealed unsafe class MessageTests : KernelTests
{
    private const ulong First = 1;
    private const ulong Second = 2;
    private const ulong Third = 3;
    private const int NameBytes = 128;
    private const uint WaitAll = (uint)MessageFlags.WaitAll;

    [Theory]
    [EveryKernel]
    public void A_message_is_gathered_from_pieces_and_scattered_into_others(TestedKernel kernel) => OnRing(kernel, (w, ring) =>
    {
        (int ours, int theirs) = w.SocketPair();
        byte* memory = stackalloc byte[20];
        World.Pattern(10).CopyTo(new Span<byte>(memory, 10));
        iovec* from = stackalloc iovec[] { Piece(memory, 3), Piece(memory + 3, 0), Piece(memory + 3, 6), Piece(memory + 9, 1) };
        iovec* to = stackalloc iovec[] { Piece(memory + 10, 4), Piece(memory + 14, 6) };
        msghdr sent = new() { msg_iov = from, msg_iovlen = 4 };
        msghdr received = new() { msg_iov = to, msg_iovlen = 2, msg_flags = -1 };
        Assert.Equal(10, Do(ring, Opcode.Sendmsg, ours, &sent));
        Assert.Equal(10, Do(ring, Opcode.Recvmsg, theirs, &received));
        Assert.Equal(World.Pattern(10), new Span<byte>(memory + 10, 10).ToArray());
        Assert.Equal((0, 0UL), (received.msg_flags, (ulong)received.msg_controllen));
        Close(ring, ours, theirs);
    });

    [Theory]
    [EveryKernel]
    public void A_datagram_goes_to_the_address_that_it_names_and_tells_where_it_comes_from(TestedKernel kernel)
    {
        foreach (AddressFamily family in new[] { AddressFamily.InterNetwork, AddressFamily.Unix })
        {
            OnRing(kernel, (w, ring) =>
            {
                (int sender, EndPoint senderName) = w.Datagram(family);
                (int receiver, EndPoint receiverName) = w.Datagram(family);
                byte* names = stackalloc byte[NameBytes * 2];
                byte* memory = stackalloc byte[64];
                World.Pattern(30).CopyTo(new Span<byte>(memory, 30));
                iovec from = Piece(memory, 30);
                iovec to = Piece(memory + 32, 20);
                msghdr sent = new() { msg_iov = &from, msg_iovlen = 1, msg_name = names, msg_namelen = Write(receiverName, names) };
                msghdr received = new() { msg_iov = &to, msg_iovlen = 1, msg_name = names + NameBytes, msg_namelen = NameBytes };
                Assert.Equal(30, Do(ring, Opcode.Sendmsg, sender, &sent));
                Assert.Equal(20, Do(ring, Opcode.Recvmsg, receiver, &received));
                Assert.Equal(World.Pattern(30)[..20], new Span<byte>(memory + 32, 20).ToArray());
                Assert.Equal((int)MessageFlags.Truncate, received.msg_flags);
                SocketAddress told = senderName.Serialize();
                Assert.Equal(told.Buffer[..told.Size].ToArray(), new Span<byte>(received.msg_name, (int)(uint)received.msg_namelen).ToArray());
                Close(ring, sender, receiver);
            });
        }
    }

    [Theory]
    [EveryKernel]
    public void A_message_of_all_waits_for_all_of_it(TestedKernel kernel) => OnRing(kernel, (w, ring) =>
    {
        (int ours, int theirs) = w.SocketPair();
        byte[] whole = World.Pattern(3000);
        byte* memory = stackalloc byte[3000];
        iovec* to = stackalloc iovec[] { Piece(memory, 1500), Piece(memory + 1500, 1500) };
        msghdr received = new() { msg_iov = to, msg_iovlen = 2 };
        ring.Stage(Message(Opcode.Recvmsg, theirs, &received, Second) with { OperationFlags = WaitAll });
        fixed (byte* bytes = whole)
        {
            for (int i = 0; i < 3; i++)
            {
                iovec from = Piece(bytes + (i * 1000), 1000);
                msghdr sent = new() { msg_iov = &from, msg_iovlen = 1 };
                ring.Stage(Message(Opcode.Sendmsg, ours, &sent, First));
                if (i == 2)
                {
                    Assert.Equal(new SortedDictionary<ulong, int> { [First] = 1000, [Second] = 3000 }, ring.Take(2));
                }
                else
                {
                    CompletionEntry part = ring.Take();
                    Assert.Equal((First, 1000), (part.UserData, part.Result));
                }
            }
        }

        Assert.Equal(whole, new Span<byte>(memory, 3000).ToArray());
        Close(ring, ours, theirs);
    });

    [Theory]
    [EveryKernel]
    public void A_message_larger_than_the_socket_is_sent_whole_when_that_is_asked_for(TestedKernel kernel) => OnRing(kernel, (w, ring) =>
    {
        (int ours, int theirs) = w.SocketPair();
        byte[] whole = World.Pattern(1 << 20);
        byte[] got = new byte[whole.Length];
        fixed (byte* bytes = whole, into = got)
        {
            iovec* from = stackalloc iovec[] { Piece(bytes, 700_001), Piece(bytes + 700_001, whole.Length - 700_001) };
            msghdr sent = new() { msg_iov = from, msg_iovlen = 2 };
            ring.Stage(Message(Opcode.Sendmsg, ours, &sent, First) with { OperationFlags = WaitAll });
            ring.Submit();
            iovec* to = stackalloc iovec[] { Piece(into, 999_999), Piece(into + 999_999, whole.Length - 999_999) };
            msghdr received = new() { msg_iov = to, msg_iovlen = 2 };
            ring.Stage(Message(Opcode.Recvmsg, theirs, &received, Second) with { OperationFlags = WaitAll });
            Assert.Equal(new SortedDictionary<ulong, int> { [First] = whole.Length, [Second] = whole.Length }, ring.Take(2));
        }

        Assert.Equal(whole, got);
        Close(ring, ours, theirs);
    });

    [Theory]
    [EveryKernel]
    public void A_receive_of_a_message_that_does_not_come_can_be_cancelled(TestedKernel kernel) => OnRing(kernel, (w, ring) =>
    {
        (int receiver, _) = w.Datagram(AddressFamily.InterNetwork);
        byte one = 0;
        iovec to = Piece(&one, 1);
        msghdr received = new() { msg_iov = &to, msg_iovlen = 1 };
        ring.Stage(Message(Opcode.Recvmsg, receiver, &received, First));
        ring.Submit();
        ring.Stage(new SubmissionEntry { Opcode = Opcode.AsyncCancel, Fd = -1, Address = First, UserData = Third });
        Assert.Equal(new SortedDictionary<ulong, int> { [First] = -Errno.ECANCELED, [Third] = 0 }, ring.Take(2));
        Close(ring, receiver);
    });

    [Theory]
    [EveryKernel]
    public void A_message_of_too_many_pieces_and_one_to_nobody_are_refused(TestedKernel kernel) => OnRing(kernel, (w, ring) =>
    {
        (int sender, _) = w.Datagram(AddressFamily.InterNetwork);
        byte one = 0;
        iovec from = Piece(&one, 1);
        msghdr many = new() { msg_iov = &from, msg_iovlen = Libc.IOV_MAX + 1 };
        msghdr nobody = new() { msg_iov = &from, msg_iovlen = 1 };
        Assert.Equal(-Errno.EMSGSIZE, Do(ring, Opcode.Sendmsg, sender, &many));
        Assert.Equal(-Errno.EDESTADDRREQ, Do(ring, Opcode.Sendmsg, sender, &nobody));
        Close(ring, sender);
    });

    private static iovec Piece(byte* address, int length) => new() { iov_base = address, iov_len = length };

    private static SubmissionEntry Message(Opcode opcode, int socket, msghdr* message, ulong tag) => new() { Opcode = opcode, Fd = socket, Address = (ulong)message, Length = 1, UserData = tag };

    private static int Do(SeamRing ring, Opcode opcode, int socket, msghdr* message)
    {
        ring.Stage(Message(opcode, socket, message, First));
        CompletionEntry entry = ring.Take();
        Assert.Equal(First, entry.UserData);
        return entry.Result;
    }

    private static uint Write(EndPoint endPoint, byte* name)
    {
        SocketAddress address = endPoint.Serialize();
        address.Buffer.Span[..address.Size].CopyTo(new Span<byte>(name, NameBytes));
        return (uint)address.Size;
    }

    private static void Close(SeamRing ring, params ReadOnlySpan<int> numbers)
    {
        foreach (int number in numbers)
        {
            ring.Stage(new SubmissionEntry { Opcode = Opcode.Close, Fd = number, UserData = First });
            Assert.Equal(0, ring.Take().Result);
        }
    }

    private static void OnRing(TestedKernel kernel, Action<World, SeamRing> body, [System.Runtime.CompilerServices.CallerMemberName] string name = "") => Poll(
        kernel,
        w =>
        {
            using SeamRing ring = new(w);
            body(w, ring);
        },
        name: name);
}
