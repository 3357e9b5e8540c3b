using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Dispatch.Examples.SyscallTable.Probing;

/// <summary>What the probes work on: a folder, a file of a mebibyte, pipes, sockets, memory. Removed at the end.</summary>
internal sealed unsafe class ProbeWorld : IDisposable
{
    public const int BufferBytes = 65_536;
    private readonly string folder = Directory.CreateTempSubdirectory("dispatch-probe-").FullName;
    private readonly FileStream file;
    private readonly Socket listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly List<nint> strings = [];
    private readonly List<Socket> peers = [];

    public ProbeWorld()
    {
        Buffer = (byte*)NativeMemory.AlignedAlloc(BufferBytes, 4096);
        Scratch = (byte*)NativeMemory.AllocZeroed(4096);
        new Span<byte>(Buffer, BufferBytes).Clear();
        File.WriteAllBytes(Path.Combine(folder, "file"), new byte[1 << 20]);
        file = new FileStream(Path.Combine(folder, "file"), FileMode.Open, FileAccess.ReadWrite);
        _ = RandomAccess.Read(file.SafeFileHandle, new byte[1 << 20], 0); // In the page cache from now on.
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
    }

    /// <summary>Gets memory to read into and write from; the ring's registered buffer.</summary>
    public byte* Buffer { get; }

    /// <summary>Gets zeroed memory for records and answers.</summary>
    public byte* Scratch { get; }

    /// <summary>Gets the file's number.</summary>
    public int Descriptor => (int)file.SafeFileHandle.DangerousGetHandle();

    /// <summary>Gets the listening socket's number.</summary>
    public int Listener => (int)listener.SafeHandle.DangerousGetHandle();

    /// <summary>Gets or sets what a follow-up needs to know of the request.</summary>
    public int Peer { get; set; }

    /// <summary>Gets the address of a path in the folder. It stays.</summary>
    public long PathOf(string name) => Text(Path.Combine(folder, name));

    /// <summary>Gets the address of a text. It stays.</summary>
    public long Text(string text)
    {
        strings.Add(Marshal.StringToCoTaskMemUTF8(text));
        return strings[^1];
    }

    /// <summary>Makes a file of a name.</summary>
    public long FileOf(string name)
    {
        File.WriteAllText(Path.Combine(folder, name), name);
        return PathOf(name);
    }

    /// <summary>Makes a pipe with some bytes in it, or none; the other end is the peer.</summary>
    public int PipeReader(int filled)
    {
        int* ends = stackalloc int[2];
        _ = Native.MakePipe(ends);
        Native.Write(ends[1], Buffer, filled);
        Peer = ends[1];
        return ends[0];
    }

    /// <summary>Makes two connected sockets; the other one is the peer.</summary>
    public int SocketPair()
    {
        int* ends = stackalloc int[2];
        _ = Native.MakeSocketPair(1, 1, 0, ends);
        Peer = ends[1];
        return ends[0];
    }

    /// <summary>Makes a TCP connection; the accepted socket is the peer.</summary>
    public int Connection()
    {
        Socket client = Socket();
        client.Connect(listener.LocalEndPoint!);
        Socket accepted = listener.Accept();
        peers.Add(accepted);
        Peer = (int)accepted.SafeHandle.DangerousGetHandle();
        return (int)client.SafeHandle.DangerousGetHandle();
    }

    /// <summary>Makes a TCP socket.</summary>
    public Socket Socket()
    {
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        peers.Add(socket);
        return socket;
    }

    /// <summary>Gets the number of a new TCP socket.</summary>
    public int NewSocket() => (int)Socket().SafeHandle.DangerousGetHandle();

    /// <summary>Connects to the listener.</summary>
    public void Connect() => Socket().Connect(listener.LocalEndPoint!);

    /// <summary>Writes an address of loopback; 0 for any port, else the listener's. Returns where it is.</summary>
    public long Address(bool ofListener)
    {
        ushort port = ofListener ? (ushort)((IPEndPoint)listener.LocalEndPoint!).Port : (ushort)0;
        ReadOnlySpan<byte> address = [2, 0, (byte)(port >> 8), (byte)port, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0];
        address.CopyTo(new Span<byte>(Scratch + 1024, 16));
        return (long)(Scratch + 1024);
    }

    /// <summary>Writes a vector over the buffer. Returns where it is.</summary>
    public long Vector(int length)
    {
        ((long*)Scratch)[0] = (long)Buffer;
        ((long*)Scratch)[1] = length;
        return (long)Scratch;
    }

    /// <summary>Writes a message over the vector. Returns where it is.</summary>
    public long Message(int length)
    {
        long* message = (long*)(Scratch + 512);
        new Span<long>(message, 7).Clear();
        message[2] = Vector(length);
        message[3] = 1;
        return (long)message;
    }

    public void Dispose()
    {
        file.Dispose();
        listener.Dispose();
        peers.ForEach(p => p.Dispose());
        strings.ForEach(Marshal.FreeCoTaskMem);
        Directory.Delete(folder, recursive: true); // Memory stays: a request that still waits may have it.
    }
}
