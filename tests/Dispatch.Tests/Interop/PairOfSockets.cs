using System.Net;
using System.Net.Sockets;

namespace Dispatch.Tests.Interop;

/// <summary>Two ends of one loopback connection.</summary>
internal sealed class PairOfSockets : IDisposable
{
    public PairOfSockets()
    {
        using Socket listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        Near = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        Near.Connect(listener.LocalEndPoint!);
        Far = listener.Accept();
    }

    public Socket Near { get; }

    public Socket Far { get; }

    public int FarNumber => (int)Far.Handle;

    public void Dispose()
    {
        Near.Dispose();
        Far.Dispose();
    }
}
