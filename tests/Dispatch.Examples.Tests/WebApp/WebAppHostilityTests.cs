using System.Net;
using System.Net.Sockets;

namespace Dispatch.Examples.Tests;

/// <summary>Clients that are slow or speak no HTTP, and starts that cannot be: the same on both transports.</summary>
public sealed class WebAppHostilityTests
{
    private static readonly string[] Transports = ["dispatch", "sockets"];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("GARBAGE\r\n\r\n", 400)]
    [InlineData("GET / HTTP/1.1\r\n\r\n", 400)] // No host.
    [InlineData("GET / HTTP/9.9\r\nHost: x\r\n\r\n", 505)]
    [InlineData("GET / HTTP/1.1\r\nHost: x\r\nContent-Length: no\r\n\r\n", 400)]
    [InlineData("GET /\0 HTTP/1.1\r\nHost: x\r\n\r\n", 400)]
    [InlineData("GET / HTTP/1.1\r\nHost: x\r\nbroken header\r\n\r\n", 400)]
    [InlineData("POST /upload HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nnothing like a chunk\r\n", 400)]
    [InlineData("\u0016\u0003\u0001\u0002\0\u0001\0\u0001", 400)] // TLS, to a port without.
    public void What_is_not_HTTP_is_refused_by_Kestrel_with_the_same_status(string bytes, int status)
    {
        foreach (string transport in Transports)
        {
            using WebAppProcess app = WebAppProcess.Start(transport);
            using Socket socket = app.Connect();
            socket.SendText(bytes);
            Assert.StartsWith($"HTTP/1.1 {status} ", socket.ReadToEnd(), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("dispatch")]
    [InlineData("sockets")]
    public async Task Clients_that_send_their_requests_byte_by_byte_hold_up_nobody_and_are_answered(string transport)
    {
        using WebAppProcess app = WebAppProcess.Start(transport);
        Socket[] slow = [.. Enumerable.Range(0, 300).Select(_ => app.Connect())];
        using HttpClient client = app.Client();
        const string Request = "GET /plaintext HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
        foreach (char next in Request)
        {
            Assert.Equal("Hello, World!", await client.GetStringAsync("plaintext", Token));
            foreach (Socket socket in slow)
            {
                socket.SendText($"{next}");
            }
        }

        foreach (Socket socket in slow)
        {
            Assert.EndsWith("Hello, World!", socket.ReadToEnd(), StringComparison.Ordinal);
            socket.Dispose();
        }
    }

    [Fact]
    public void A_port_in_use_is_the_same_error_on_both_transports()
    {
        using Socket taken = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        taken.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        taken.Listen();
        Assert.Contains("address already in use", SameError("--port", $"{((IPEndPoint)taken.LocalEndPoint!).Port}"), StringComparison.Ordinal);
    }

    [Fact]
    public void An_address_of_another_machine_is_the_same_error_on_both_transports() =>
        Assert.Contains("assign requested address", SameError("--port", "0", "--address", "203.0.113.1"), StringComparison.Ordinal);

    [Fact]
    public void A_missing_certificate_is_the_same_error_on_both_transports() =>
        Assert.Contains("/no/such/certificate.pem", SameError("--port", "0", "--https", "/no/such/certificate.pem"), StringComparison.Ordinal);

    [Fact]
    public void A_port_that_needs_a_privilege_is_the_same_error_on_both_transports()
    {
        if (File.ReadAllText("/proc/sys/net/ipv4/ip_unprivileged_port_start").Trim() is "0")
        {
            Assert.Skip("Every port is everybody's here (net.ipv4.ip_unprivileged_port_start is 0).");
        }

        string[] errors = [.. Transports.Select(transport =>
            ExampleProcess.RunUnder("setpriv", ["--bounding-set", "-net_bind_service"], "WebApp", "--port", "81", "--transport", transport).Error)];
        Assert.Contains("Permission denied", errors[0], StringComparison.Ordinal);
        Assert.Equal(errors[1], errors[0]);
    }

    private static string SameError(params string[] arguments)
    {
        ExampleResult[] results = [.. Transports.Select(transport => ExampleProcess.Run("WebApp", [.. arguments, "--transport", transport]))];
        Assert.All(results, result => Assert.Equal((1, string.Empty), (result.ExitCode, result.Output)));
        Assert.Equal(results[1].Error, results[0].Error);
        return Assert.Single(results[0].ErrorLines);
    }
}
