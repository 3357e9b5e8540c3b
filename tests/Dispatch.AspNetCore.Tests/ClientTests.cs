using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Dispatch.AspNetCore.Tests;

/// <summary>Real clients, well and badly behaved: what Kestrel's own layers do, they do on this transport, too.</summary>
public sealed class ClientTests
{
    private static readonly TimeSpan Guard = TimeSpan.FromMinutes(2);

    private static byte[] Data { get; } = RandomNumberGenerator.GetBytes(300_000);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task HTTPS_serves_both_versions_and_runs_requests_on_loops(int version)
    {
        using X509Certificate2 certificate = TestCertificate.SelfSigned();
        await using TestServer server = await TestServer.StartAsync(MapOnLoops, o => o.Listen(IPAddress.Loopback, 0, l => l.UseHttps(certificate)));
        using HttpClient client = new(Trusting(certificate))
        {
            DefaultRequestVersion = new Version(version, version == 1 ? 1 : 0),
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        string[] answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => client.GetStringAsync(new Uri(server.Address, "where"), Token)));
        Assert.All(answers, a => Assert.Equal($"HTTP/{(version == 1 ? "1.1" : "2")} loop", a));
        Assert.Equal(Data, await EchoAsync(client, server));
    }

    [Fact]
    public async Task Behind_TLS_a_connections_first_request_is_on_its_loop_too()
    {
        using X509Certificate2 certificate = TestCertificate.SelfSigned();
        await using TestServer server = await TestServer.StartAsync(Map, o => o.Listen(IPAddress.Loopback, 0, l => l.UseHttps(certificate)));
        for (int i = 0; i < 100; i++)
        {
            // Now and then it comes together with the end of the handshake, and is there before the connection has read anything on its loop.
            using HttpClient client = new(Trusting(certificate));
            Assert.Equal("HTTP/1.1 loop", await client.GetStringAsync(new Uri(server.Address, "where"), Token));
            Assert.Equal("HTTP/1.1 loop", await client.GetStringAsync(new Uri(server.Address, "where"), Token));
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task HTTP_2_without_TLS_carries_many_streams_at_a_time(bool onLoops)
    {
        await using TestServer server = await TestServer.StartAsync(onLoops ? MapOnLoops : Map, o => o.Listen(IPAddress.Loopback, 0, l => l.Protocols = HttpProtocols.Http2));
        using HttpClient client = new() { DefaultRequestVersion = HttpVersion.Version20, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };
        string[] answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => client.GetStringAsync(new Uri(server.Address, "where"), Token)));
        Assert.All(answers, a => Assert.Equal(onLoops ? "HTTP/2 loop" : "HTTP/2 pool", a));
        Assert.Equal(Data, await EchoAsync(client, server)); // One at a time: HttpClient sends a whole body before it reads, and several that are echoed would use up the connection's window.
    }

    [Fact]
    public async Task A_WebSocket_echoes()
    {
        await using TestServer server = await TestServer.StartAsync(Map);
        using ClientWebSocket socket = new();
        await socket.ConnectAsync(new UriBuilder(server.Address) { Scheme = "ws", Path = "ws" }.Uri, Token);
        byte[] buffer = new byte[100];
        for (int i = 0; i < 100; i++)
        {
            byte[] message = Encoding.ASCII.GetBytes($"message {i}");
            await socket.SendAsync(message, WebSocketMessageType.Text, endOfMessage: true, Token);
            WebSocketReceiveResult result = await socket.ReceiveAsync(buffer, Token);
            Assert.Equal(message, buffer[..result.Count]);
        }

        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, Token);
        Assert.Equal(WebSocketState.Closed, socket.State);
    }

    [Fact]
    public async Task A_Unix_domain_socket_serves_and_its_name_goes_with_the_server()
    {
        string path = Path.Combine(Path.GetTempPath(), $"dispatch-{Guid.NewGuid():N}");
        await using (TestServer server = await TestServer.StartAsync(Map, o => o.ListenUnixSocket(path)))
        {
            using HttpClient client = new(new SocketsHttpHandler
            {
                ConnectCallback = async (_, token) =>
                {
                    Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                    await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), token);
                    return new NetworkStream(socket, ownsSocket: true);
                },
            });
            Assert.Equal("HTTP/1.1 loop", await client.GetStringAsync("http://localhost/where", Token));
        }

        Assert.False(File.Exists(path));
    }

    [Fact]
    public async Task What_is_not_HTTP_is_answered_by_Kestrel_and_others_are_served()
    {
        await using TestServer server = await TestServer.StartAsync(Map);
        using Socket bad = await ConnectAsync(server);
        await bad.SendAsync("GARBAGE\r\n\r\n"u8.ToArray(), Token);
        Assert.StartsWith("HTTP/1.1 400", await ToEndAsync(bad), StringComparison.Ordinal);
        using HttpClient client = new();
        Assert.Equal("HTTP/1.1 loop", await client.GetStringAsync(new Uri(server.Address, "where"), Token));
    }

    [Fact]
    public async Task A_client_that_sends_byte_by_byte_or_resets_midway_hurts_no_other()
    {
        await using TestServer server = await TestServer.StartAsync(Map);
        using Socket slow = await ConnectAsync(server);
        byte[] request = Encoding.ASCII.GetBytes($"GET /where HTTP/1.1\r\nHost: {server.Address.Authority}\r\nConnection: close\r\n\r\n");
        using HttpClient client = new();
        foreach (byte b in request)
        {
            await slow.SendAsync(new[] { b }, Token);
        }

        for (int i = 0; i < 20; i++)
        {
            Socket rude = await ConnectAsync(server);
            await rude.SendAsync("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\nfirst bytes"u8.ToArray(), Token);
            rude.LingerState = new LingerOption(true, 0);
            rude.Dispose(); // A reset in the middle of an upload.
            Assert.Equal("HTTP/1.1 loop", await client.GetStringAsync(new Uri(server.Address, "where"), Token));
        }

        Assert.EndsWith("loop", (await ToEndAsync(slow)).TrimEnd('\r', '\n', '0'), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_end_of_a_peer_is_told_while_its_request_runs(bool isUnix)
    {
        string path = Path.Combine(Path.GetTempPath(), $"dispatch-{Guid.NewGuid():N}");
        TaskCompletionSource began = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource aborted = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using TestServer server = await TestServer.StartAsync(
            app => app.MapGet("/", async (HttpContext context) =>
            {
                context.RequestAborted.Register(aborted.SetResult);
                began.SetResult();
                await aborted.Task;
            }),
            isUnix ? o => o.ListenUnixSocket(path) : null);
        using (Socket client = isUnix ? new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) : await ConnectAsync(server))
        {
            if (isUnix)
            {
                await client.ConnectAsync(new UnixDomainSocketEndPoint(path), Token);
            }
            else
            {
                client.LingerState = new LingerOption(true, 0);
            }

            await client.SendAsync("GET / HTTP/1.1\r\nHost: x\r\n\r\n"u8.ToArray(), Token);
            await began.Task.WaitAsync(Guard, Token);
        }

        await aborted.Task.WaitAsync(Guard, Token);
    }

    private static void MapOnLoops(WebApplication app)
    {
        app.UseLoops();
        Map(app);
    }

    private static void Map(WebApplication app)
    {
        app.UseWebSockets();
        app.MapGet("/where", (HttpContext context) => $"{context.Request.Protocol} {(EventLoop.Current is null ? "pool" : "loop")}");
        app.MapPost("/echo", (HttpContext context) => context.Request.Body.CopyToAsync(context.Response.Body));
        app.Map("/ws", async (HttpContext context) =>
        {
            using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync();
            byte[] buffer = new byte[1000];
            while (await socket.ReceiveAsync(buffer, default) is { MessageType: not WebSocketMessageType.Close } got)
            {
                await socket.SendAsync(buffer.AsMemory(0, got.Count), got.MessageType, got.EndOfMessage, default);
            }

            await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, default);
        });
    }

    private static async Task<byte[]> EchoAsync(HttpClient client, TestServer server)
    {
        using ByteArrayContent content = new(Data);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        using HttpResponseMessage response = await client.PostAsync(new Uri(server.Address, "echo"), content, Token);
        return await response.Content.ReadAsByteArrayAsync(Token);
    }

    private static async Task<Socket> ConnectAsync(TestServer server)
    {
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, server.Address.Port, Token);
        return socket;
    }

    private static async Task<string> ToEndAsync(Socket socket)
    {
        using StreamReader reader = new(new NetworkStream(socket));
        return await reader.ReadToEndAsync(Token).WaitAsync(Guard, Token);
    }

    /// <summary>A handler of its own, which believes this certificate and no other.</summary>
    private static SocketsHttpHandler Trusting(X509Certificate2 certificate) =>
        new() { SslOptions = { RemoteCertificateValidationCallback = (_, shown, _, _) => shown?.GetCertHashString() == certificate.GetCertHashString() } };
}
