using System.Net;
using System.Net.Sockets;
using Tmds.Linux;

namespace Dispatch;

/// <summary>
/// The socket calls that never wait (socket, bind, listen, names, options), made directly: through a ring they would only cost more.
/// Addresses are .NET's <see cref="SocketAddress"/>, whose layout is the kernel's.
/// </summary>
internal static unsafe class SocketCalls
{
    private const int MaxAddressBytes = 128;

    /// <summary>Makes a stream socket: see <see cref="Open(KernelCalls, AddressFamily, int)"/>.</summary>
    public static int Open(KernelCalls calls, AddressFamily family) => Open(calls, family, LibC.SOCK_STREAM);

    /// <summary>Makes a socket for this kind of address. It does not block, so that a kernel without io_uring can try before it waits; io_uring waits all the same.</summary>
    public static int Open(KernelCalls calls, AddressFamily family, int type)
    {
        int domain = family switch
        {
            AddressFamily.InterNetwork => LibC.AF_INET,
            AddressFamily.InterNetworkV6 => LibC.AF_INET6,
            AddressFamily.Unix => LibC.AF_UNIX,
            _ => throw new NotSupportedException($"Address family {family} is not supported: use IPv4, IPv6 or Unix-domain end points."),
        };
        int number = calls.Socket(domain, type | LibC.SOCK_CLOEXEC | LibC.SOCK_NONBLOCK, 0);
        return number >= 0 ? number : throw ErrorMap.ForSocket("socket", number);
    }

    /// <summary>Binds and listens; the socket is closed again when that fails.</summary>
    public static int Listen(KernelCalls calls, EndPoint endPoint, ListenerOptions options, bool reusePort)
    {
        int number = Open(calls, endPoint.AddressFamily);
        try
        {
            bool isUnix = endPoint.AddressFamily == AddressFamily.Unix;
            if (!isUnix)
            {
                SetOption(calls, number, LibC.SOL_SOCKET, LibC.SO_REUSEADDR, 1);
                if (reusePort)
                {
                    SetOption(calls, number, LibC.SOL_SOCKET, LibC.SO_REUSEPORT, 1);
                }
            }

            if (endPoint.AddressFamily == AddressFamily.InterNetworkV6)
            {
                SetOption(calls, number, LibC.IPPROTO_IPV6, LibC.IPV6_V6ONLY, options.DualMode ? 0 : 1);
            }

            SocketAddress address = endPoint.Serialize();
            fixed (byte* bytes = address.Buffer.Span)
            {
                Verify("bind", calls.Bind(number, bytes, address.Size), endPoint);
            }

            Verify("listen", calls.Listen(number, options.Backlog), endPoint);

            return number;
        }
        catch
        {
            _ = calls.Close(number);
            throw;
        }
    }

    /// <summary>The peer's address, or null.</summary>
    public static EndPoint? PeerOf(KernelCalls calls, int number) => Name(calls, number, ofPeer: true);

    /// <summary>The socket's own address, or null.</summary>
    public static EndPoint? NameOf(KernelCalls calls, int number) => Name(calls, number, ofPeer: false);

    /// <summary>Makes a close reset the connection.</summary>
    public static void SetLingerZero(KernelCalls calls, int number)
    {
        int* linger = stackalloc int[2] { 1, 0 };
        _ = calls.SetOption(number, LibC.SOL_SOCKET, LibC.SO_LINGER, linger, sizeof(int) * 2);
    }

    /// <summary>Reads an address in the kernel's layout; null for none, and for families that .NET does not know.</summary>
    public static EndPoint? Parse(ReadOnlySpan<byte> bytes)
    {
        int length = bytes.Length;
        if (length < sizeof(ushort))
        {
            return null;
        }

        AddressFamily family = System.Runtime.InteropServices.MemoryMarshal.Read<ushort>(bytes) switch
        {
            2 => AddressFamily.InterNetwork,
            10 => AddressFamily.InterNetworkV6,
            1 => AddressFamily.Unix,
            _ => AddressFamily.Unspecified,
        };
        if (family == AddressFamily.Unspecified || (family == AddressFamily.Unix && length <= sizeof(ushort)))
        {
            return null; // An unnamed Unix-domain socket has no address.
        }

        SocketAddress address = new(family, Math.Max(length, 2));
        bytes.CopyTo(address.Buffer.Span);
        address.Size = length;
        EndPoint parser = family switch
        {
            AddressFamily.InterNetwork => new IPEndPoint(IPAddress.Any, 0),
            AddressFamily.InterNetworkV6 => new IPEndPoint(IPAddress.IPv6Any, 0),
            _ => new UnixDomainSocketEndPoint("/"),
        };
        return parser.Create(address);
    }

    private static void SetOption(KernelCalls calls, int number, int level, int option, int value) =>
        Verify("setsockopt", calls.SetOption(number, level, option, &value, sizeof(int)), null);

    private static void Verify(string call, int result, EndPoint? endPoint)
    {
        if (result < 0)
        {
            throw ErrorMap.ForSocket(call, result, endPoint?.ToString());
        }
    }

    private static EndPoint? Name(KernelCalls calls, int number, bool ofPeer)
    {
        byte* bytes = stackalloc byte[MaxAddressBytes];
        int length = number < 0 ? number : calls.GetName(number, ofPeer, bytes, MaxAddressBytes);
        return length < 0 ? null : Parse(new ReadOnlySpan<byte>(bytes, length));
    }
}
