using System.Buffers.Binary;
using System.Text;

namespace Dispatch.Testing;

/// <summary>A socket's address, in the kernel's bytes. All IP addresses are this machine's, so that a port alone says who is meant; a Unix-domain address is a path.</summary>
internal sealed class SimulatedAddress
{
    public const int Unix = 1;
    public const int InterNetwork = 2;
    public const int InterNetworkV6 = 10;

    private readonly byte[] bytes;

    public SimulatedAddress(ReadOnlySpan<byte> raw) => bytes = raw.ToArray();

    /// <summary>Gets the bytes.</summary>
    public ReadOnlySpan<byte> Bytes => bytes;

    /// <summary>Gets the family.</summary>
    public int Family => bytes.Length < 2 ? 0 : BinaryPrimitives.ReadUInt16LittleEndian(bytes);

    /// <summary>Gets a value indicating whether it is an IP address.</summary>
    public bool IsIp => Family is InterNetwork or InterNetworkV6;

    /// <summary>Gets the port of an IP address.</summary>
    public int Port => IsIp ? BinaryPrimitives.ReadUInt16BigEndian(bytes.AsSpan(2)) : 0;

    /// <summary>Gets a value indicating whether it is a Unix-domain name that is no path.</summary>
    public bool IsAbstract => Family == Unix && bytes.Length > 2 && bytes[2] == 0;

    /// <summary>Gets what it is found by.</summary>
    public string Key => IsIp ? "port " + Port : "path " + Encoding.UTF8.GetString(bytes.AsSpan(2)).TrimEnd('\0');

    /// <summary>Makes a loopback address.</summary>
    public static SimulatedAddress Loopback(int family, int port)
    {
        Span<byte> raw = stackalloc byte[28];
        BinaryPrimitives.WriteUInt16LittleEndian(raw, (ushort)family);
        BinaryPrimitives.WriteUInt16BigEndian(raw[2..], (ushort)port);
        if (family == InterNetwork)
        {
            raw[4] = 127;
            raw[7] = 1;
            return new SimulatedAddress(raw[..16]);
        }

        raw[23] = 1;
        return new SimulatedAddress(raw);
    }

    /// <summary>Makes the address of a socket that has none.</summary>
    public static SimulatedAddress Unnamed(int family)
    {
        Span<byte> raw = stackalloc byte[28];
        raw.Clear();
        BinaryPrimitives.WriteUInt16LittleEndian(raw, (ushort)family);
        return new SimulatedAddress(raw[..(family == Unix ? 2 : family == InterNetwork ? 16 : 28)]);
    }

    /// <summary>Makes the same address with another port.</summary>
    public SimulatedAddress WithPort(int port)
    {
        SimulatedAddress copy = new(bytes);
        BinaryPrimitives.WriteUInt16BigEndian(copy.bytes.AsSpan(2), (ushort)port);
        return copy;
    }
}
