using System.Net;

namespace Dispatch.Benchmarks;

/// <summary>A server that sends back what it receives. It serves from <see cref="Start"/> until disposed.</summary>
internal interface IEchoServer : IDisposable
{
    /// <summary>Listens on the loopback address; port 0 is any free one. Returns where it listens.</summary>
    IPEndPoint Start(int port);
}
