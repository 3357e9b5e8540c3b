using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Tmds.Linux;

namespace Dispatch;

/// <summary>The calls on datagram sockets that never wait, made directly.</summary>
internal static unsafe class DatagramCalls
{
    // Of linux/in.h, linux/in6.h, linux/udp.h and asm-generic/socket.h.
    private const int IpTimeToLive = 2;
    private const int IpMtuDiscover = 10;
    private const int IpAddMembership = 35;
    private const int IpDropMembership = 36;
    private const int Ipv6UnicastHops = 16;
    private const int Ipv6JoinGroup = 20;
    private const int Ipv6LeaveGroup = 21;
    private const int Ipv6MtuDiscover = 23;
    private const int DiscoverDo = 2;
    private const int DiscoverDoNot = 0;
    private const int SolUdp = 17;
    private const int UdpSegment = 103;
    private const int UdpGro = 104;
    private const int SoMemInfo = 55;
    private const int MemInfoWords = 9;
    private const int DropsAt = 8;

    /// <summary>Makes a socket, and binds it; it is closed again when that fails.</summary>
    public static int Open(KernelCalls calls, EndPoint endPoint, DatagramOptions options, bool bind)
    {
        AddressFamily family = endPoint.AddressFamily;
        int number = SocketCalls.Open(calls, family, LibC.SOCK_DGRAM);
        try
        {
            Apply(calls, number, family, options);
            if (bind)
            {
                SocketAddress address = endPoint.Serialize();
                fixed (byte* bytes = address.Buffer.Span)
                {
                    Verify("bind", calls.Bind(number, bytes, address.Size), endPoint);
                }
            }

            return number;
        }
        catch
        {
            _ = calls.Close(number);
            throw;
        }
    }

    /// <summary>Counts what had no room in the receive buffer.</summary>
    public static long Dropped(KernelCalls calls, int number)
    {
        uint* words = stackalloc uint[MemInfoWords];
        new Span<uint>(words, MemInfoWords).Clear();
        Verify("getsockopt", calls.GetOption(number, LibC.SOL_SOCKET, SoMemInfo, words, MemInfoWords * sizeof(uint)), null);
        return words[DropsAt];
    }

    /// <summary>Joins a group, or leaves it.</summary>
    public static void ChangeGroup(KernelCalls calls, int number, IPAddress group, int interfaceIndex, bool join)
    {
        Span<byte> address = stackalloc byte[16];
        group.TryWriteBytes(address, out int length);
        byte* record = stackalloc byte[20];
        Span<byte> bytes = new(record, 20);
        bytes.Clear();
        address[..length].CopyTo(bytes);
        if (length == 16)
        {
            // struct ipv6_mreq: the group, the interface.
            MemoryMarshal.Write(bytes[16..], interfaceIndex);
            Verify("setsockopt", calls.SetOption(number, LibC.IPPROTO_IPV6, join ? Ipv6JoinGroup : Ipv6LeaveGroup, record, 20), null);
        }
        else
        {
            // struct ip_mreqn: the group, a local address that the index makes unnecessary, the interface.
            MemoryMarshal.Write(bytes[8..], interfaceIndex);
            Verify("setsockopt", calls.SetOption(number, LibC.IPPROTO_IP, join ? IpAddMembership : IpDropMembership, record, 12), null);
        }
    }

    /// <summary>The control data that has the kernel cut a block into datagrams.</summary>
    public static byte[] SegmentControl(ushort size)
    {
        // struct cmsghdr: the length with the header, level, type; then the number, padded.
        byte[] control = new byte[24];
        MemoryMarshal.Write(control, 18L);
        MemoryMarshal.Write(control.AsSpan(8), SolUdp);
        MemoryMarshal.Write(control.AsSpan(12), UdpSegment);
        MemoryMarshal.Write(control.AsSpan(16), size);
        return control;
    }

    private static void Apply(KernelCalls calls, int number, AddressFamily family, DatagramOptions options)
    {
        Set(calls, number, options.ReuseAddress ? 1 : null, LibC.SOL_SOCKET, LibC.SO_REUSEADDR);
        Set(calls, number, options.ReusePort ? 1 : null, LibC.SOL_SOCKET, LibC.SO_REUSEPORT);
        Set(calls, number, options.Broadcast ? 1 : null, LibC.SOL_SOCKET, LibC.SO_BROADCAST);
        Set(calls, number, options.SendBufferSize, LibC.SOL_SOCKET, LibC.SO_SNDBUF);
        Set(calls, number, options.ReceiveBufferSize, LibC.SOL_SOCKET, LibC.SO_RCVBUF);
        if (family == AddressFamily.Unix)
        {
            return;
        }

        bool isV6 = family == AddressFamily.InterNetworkV6;
        int level = isV6 ? LibC.IPPROTO_IPV6 : LibC.IPPROTO_IP;
        if (isV6)
        {
            Set(calls, number, options.DualMode ? 0 : 1, level, LibC.IPV6_V6ONLY);
        }

        Set(calls, number, options.TimeToLive, level, isV6 ? Ipv6UnicastHops : IpTimeToLive);
        Set(calls, number, options.DontFragment is { } whole ? whole ? DiscoverDo : DiscoverDoNot : null, level, isV6 ? Ipv6MtuDiscover : IpMtuDiscover);
        Set(calls, number, options.ReceiveCoalescing ? 1 : null, SolUdp, UdpGro);
    }

    private static void Set(KernelCalls calls, int number, int? value, int level, int option)
    {
        if (value is { } some)
        {
            Verify("setsockopt", SocketOptions.TrySet(calls, number, level, option, some), null);
        }
    }

    private static void Verify(string call, int result, EndPoint? endPoint)
    {
        if (result < 0)
        {
            throw ErrorMap.ForSocket(call, result, endPoint?.ToString());
        }
    }
}
