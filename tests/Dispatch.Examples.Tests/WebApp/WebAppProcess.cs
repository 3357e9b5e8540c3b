using System.Net;
using System.Net.Security;
using System.Net.Sockets;

namespace Dispatch.Examples.Tests;

/// <summary>The web application as its users run it, and clients for it.</summary>
internal sealed class WebAppProcess : IDisposable
{
    private static readonly TimeSpan Guard = TimeSpan.FromMinutes(1);

    private readonly ExampleProcess process;

    private WebAppProcess(ExampleProcess process)
    {
        this.process = process;
        const string Start = "listening on ";
        string? line = process.NextLine;
        Assert.StartsWith(Start, line, StringComparison.Ordinal);
        Address = new Uri(line![Start.Length..]);
    }

    public Uri Address { get; }

    /// <summary>Starts it on a port of the system's choice.</summary>
    public static WebAppProcess Start(string transport, params string[] arguments) =>
        new(ExampleProcess.Start("WebApp", ["--port", "0", "--transport", transport, .. arguments]));

    /// <summary>Makes a client that speaks one version of HTTP and takes a certificate that was just made.</summary>
    public HttpClient Client(string version = "1.1") => new(new SocketsHttpHandler
    {
        SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = (_, shown, _, _) => shown?.Subject == "CN=localhost" },
        Expect100ContinueTimeout = Guard,
    })
    {
        BaseAddress = Address,
        DefaultRequestVersion = new Version(version),
        DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        Timeout = Guard,
    };

    /// <summary>Makes a connection that says nothing yet.</summary>
    public Socket Connect()
    {
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
        {
            NoDelay = true,
            ReceiveTimeout = (int)Guard.TotalMilliseconds,
            SendTimeout = (int)Guard.TotalMilliseconds,
        };
        socket.Connect(IPAddress.Loopback, Address.Port);
        return socket;
    }

    /// <summary>Asks it to end.</summary>
    public void Terminate() => process.Terminate();

    /// <summary>Waits for its end, which is to be 0, and without an error in its log. (Warnings there may be: on a busy machine the first requests, whose code is being compiled, keep a loop for long.)</summary>
    public ExampleResult WaitForCleanEnd()
    {
        ExampleResult result = process.WaitForEnd();
        Assert.Equal(0, result.ExitCode);
        Assert.DoesNotMatch("(fail|crit): |Unhandled", result.Error);
        return result;
    }

    public void Dispose() => process.Dispose();
}
