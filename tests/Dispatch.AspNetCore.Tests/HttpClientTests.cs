using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Dispatch.AspNetCore.Tests;

/// <summary>HttpClient whose connections are a dispatcher's, and plain connections for clients.</summary>
public sealed class HttpClientTests
{
    private static readonly TimeSpan Guard = TimeSpan.FromMinutes(2);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("1.1", false, true)]
    [InlineData("1.1", false, false)]
    [InlineData("1.1", true, true)]
    [InlineData("1.1", true, false)]
    [InlineData("2.0", false, true)]
    [InlineData("2.0", false, false)]
    [InlineData("2.0", true, true)]
    [InlineData("2.0", true, false)]
    public async Task A_thousand_requests_at_a_time_are_answered_and_nothing_is_left(string version, bool encrypted, bool servedByLoops)
    {
        const int Count = 1000;
        using X509Certificate2 certificate = TestCertificate.SelfSigned();
        OpenConnections connections = new();
        await using TestServer server = await TestServer.StartAsync(
            Map,
            o => o.Listen(IPAddress.Loopback, 0, l =>
            {
                l.Use(connections.Count);
                l.Protocols = version == "2.0" ? HttpProtocols.Http2 : HttpProtocols.Http1;
                if (encrypted)
                {
                    l.UseHttps(certificate);
                }
            }),
            useDispatch: servedByLoops);
        await using Dispatcher dispatcher = Dispatcher.Create(new DispatcherOptions { LoopCount = 2 });
        using (HttpClient client = Client(new SocketsHttpHandler { MaxConnectionsPerServer = 100 }.UseDispatch(dispatcher), server, version))
        {
            string[] answers = await Task.WhenAll(Enumerable.Range(0, Count).Select(async i =>
            {
                using ByteArrayContent content = new(Encoding.ASCII.GetBytes($"{new string('x', i * 7)} {i}"));
                using HttpResponseMessage answer = await client.PostAsync(new Uri("echo", UriKind.Relative), content, Token);
                return await answer.EnsureSuccessStatusCode().Content.ReadAsStringAsync(Token);
            }));
            for (int i = 0; i < Count; i++)
            {
                Assert.Equal($"{new string('x', i * 7)} {i}", answers[i]);
            }

            byte[] large = RandomNumberGenerator.GetBytes(300_000);
            using ByteArrayContent upload = new(large);
            using HttpResponseMessage echoed = await client.PostAsync(new Uri("echo", UriKind.Relative), upload, Token);
            Assert.Equal(large, await echoed.Content.ReadAsByteArrayAsync(Token));
        }

        await connections.None.WaitAsync(Guard, Token);
        DrainReport report = await dispatcher.DrainAsync(Guard);
        Assert.Equal((true, 0), (report.FinishedInTime, report.Cancelled));
        Assert.InRange(connections.Seen, 1, 100);
        Assert.All(dispatcher.Loops, l => Assert.NotEqual(0, l.Statistics.Completions)); // Both have had their part.
    }

    [Fact]
    public async Task A_client_on_a_loop_comes_back_to_it()
    {
        await using TestServer server = await TestServer.StartAsync(Map);
        await using Dispatcher dispatcher = Dispatcher.Create(new DispatcherOptions { LoopCount = 1 });
        await dispatcher.RunAsync(async () =>
        {
            EventLoop loop = EventLoop.Current!;
            using HttpClient client = Client(new SocketsHttpHandler().UseDispatch(dispatcher), server);
            for (int i = 0; i < 20; i++)
            {
                Assert.Equal("hello", await client.GetStringAsync(new Uri("hello", UriKind.Relative), Token));
                Assert.True(loop.IsOwner);
            }
        });
    }

    [Fact]
    public async Task An_end_point_of_its_own_is_used_whatever_the_address_says()
    {
        string path = Path.Combine(Path.GetTempPath(), $"dispatch-{Guid.NewGuid():N}");
        await using TestServer server = await TestServer.StartAsync(Map, o => o.ListenUnixSocket(path));
        await using Dispatcher dispatcher = Dispatcher.Create(new DispatcherOptions { LoopCount = 1 });
        using HttpClient client = new(new SocketsHttpHandler().UseDispatch(dispatcher, new UnixDomainSocketEndPoint(path)));
        Assert.Equal("hello", await client.GetStringAsync(new Uri("http://no.such.host.invalid/hello"), Token));
    }

    [Fact]
    public async Task A_name_is_resolved_and_one_that_nobody_has_is_an_error_of_names()
    {
        await using TestServer server = await TestServer.StartAsync(Map);
        await using Dispatcher dispatcher = Dispatcher.Create(new DispatcherOptions { LoopCount = 1 });
        using HttpClient client = new(new SocketsHttpHandler().UseDispatch(dispatcher));
        Assert.Equal("hello", await client.GetStringAsync(new Uri($"http://localhost:{server.Address.Port}/hello"), Token));

        HttpRequestException unknown = await Assert.ThrowsAsync<HttpRequestException>(() => client.GetStringAsync(new Uri("http://no.such.host.invalid/"), Token));
        Assert.Equal(HttpRequestError.NameResolutionError, unknown.HttpRequestError);
    }

    [Fact]
    public async Task Nobody_listens_and_the_request_fails_as_on_sockets()
    {
        using Socket unused = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        unused.Bind(new IPEndPoint(IPAddress.Loopback, 0)); // Its port is nobody's, and nobody else gets it.
        await using Dispatcher dispatcher = Dispatcher.Create(new DispatcherOptions { LoopCount = 1 });
        using HttpClient client = new(new SocketsHttpHandler().UseDispatch(dispatcher));
        HttpRequestException refused = await Assert.ThrowsAsync<HttpRequestException>(() => client.GetStringAsync(new Uri($"http://{unused.LocalEndPoint}/"), Token));

        Assert.Equal(HttpRequestError.ConnectionError, refused.HttpRequestError);
        Assert.Equal(SocketError.ConnectionRefused, Assert.IsType<SocketException>(refused.InnerException).SocketErrorCode);
    }

    [Fact]
    public async Task A_connect_that_nobody_answers_ends_with_the_handlers_timeout()
    {
        using Socket full = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        full.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        full.Listen(0);
        using Socket only = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await only.ConnectAsync(full.LocalEndPoint!, Token); // There is room for one: the next connect is not answered.
        await using Dispatcher dispatcher = Dispatcher.Create(new DispatcherOptions { LoopCount = 1 });
        using HttpClient client = new(new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromMilliseconds(200) }.UseDispatch(dispatcher));
        OperationCanceledException timeout = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => client.GetStringAsync(new Uri($"http://{full.LocalEndPoint}/"), Token));

        Assert.IsType<TimeoutException>(timeout.InnerException);
        DrainReport report = await dispatcher.DrainAsync(Guard);
        Assert.Equal((true, 0), (report.FinishedInTime, report.Cancelled));
    }

    [Fact]
    public async Task A_cancelled_request_gives_its_connection_up()
    {
        OpenConnections connections = new();
        TaskCompletionSource began = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource aborted = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using TestServer server = await TestServer.StartAsync(
            app => app.MapGet("/wait", async (HttpContext context) =>
            {
                context.RequestAborted.Register(aborted.SetResult);
                began.SetResult();
                await aborted.Task;
            }),
            o => o.Listen(IPAddress.Loopback, 0, l => l.Use(connections.Count)));
        await using Dispatcher dispatcher = Dispatcher.Create(new DispatcherOptions { LoopCount = 1 });
        using HttpClient client = Client(new SocketsHttpHandler().UseDispatch(dispatcher), server);
        using CancellationTokenSource source = new();
        Task<string> request = client.GetStringAsync(new Uri("wait", UriKind.Relative), source.Token);
        await began.Task.WaitAsync(Guard, Token);
        await source.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => request);
        await aborted.Task.WaitAsync(Guard, Token);
        await connections.None.WaitAsync(Guard, Token);
    }

    [Fact]
    public async Task A_cancelled_upload_to_a_server_that_takes_nothing_ends_at_once()
    {
        using Socket listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        await using Dispatcher dispatcher = Dispatcher.Create(new DispatcherOptions { LoopCount = 1 });
        using HttpClient client = new(new SocketsHttpHandler().UseDispatch(dispatcher));
        using CancellationTokenSource source = new();
        using Stubborn content = new();
        Task<HttpResponseMessage> request = client.PostAsync(new Uri($"http://{listener.LocalEndPoint}/"), content, source.Token);
        using Socket server = await listener.AcceptAsync(Token);
        byte[] part = new byte[1 << 16];
        for (int taken = 0; taken < 1 << 20;)
        {
            taken += await server.ReceiveAsync(part, Token); // The body's one write is under way, and goes no further than the buffers.
        }

        await source.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => request);
        DrainReport report = await dispatcher.DrainAsync(Guard);
        Assert.Equal((true, 0), (report.FinishedInTime, report.Cancelled)); // Nothing waits for a peer that will never read.
    }

    [Fact]
    public async Task A_handler_is_set_up_before_its_first_request()
    {
        await using TestServer server = await TestServer.StartAsync(Map);
        await using Dispatcher dispatcher = Dispatcher.Create(new DispatcherOptions { LoopCount = 1 });
        SocketsHttpHandler handler = new();
        Assert.Throws<ArgumentNullException>(() => handler.UseDispatch(null!));
        using HttpClient client = Client(handler, server);
        await client.GetStringAsync(new Uri("hello", UriKind.Relative), Token);
        Assert.Throws<InvalidOperationException>(() => handler.UseDispatch(dispatcher));
    }

    [Fact]
    public async Task The_containers_connection_factory_connects_clients()
    {
        OpenConnections connections = new();
        await using TestServer server = await TestServer.StartAsync(Map, o => o.Listen(IPAddress.Loopback, 0, l => l.Use(connections.Count)));
        IConnectionFactory factory = server.Service<IConnectionFactory>();
        await using (ConnectionContext connection = await factory.ConnectAsync(new IPEndPoint(IPAddress.Loopback, server.Address.Port), Token))
        {
            Assert.Equal(server.Address.Port, Assert.IsType<IPEndPoint>(connection.RemoteEndPoint).Port);
            await connection.Transport.Output.WriteAsync("GET /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"u8.ToArray(), Token);
            using StreamReader reader = new(connection.Transport.Input.AsStream());
            string answer = await reader.ReadToEndAsync(Token);
            Assert.StartsWith("HTTP/1.1 200 OK", answer, StringComparison.Ordinal);
            Assert.Contains("hello", answer, StringComparison.Ordinal);
        }

        await connections.None.WaitAsync(Guard, Token);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await factory.ConnectAsync(new IPEndPoint(IPAddress.Loopback, server.Address.Port), new CancellationToken(canceled: true)));
    }

    private static HttpClient Client(SocketsHttpHandler handler, TestServer server, string version = "1.1")
    {
        handler.SslOptions.RemoteCertificateValidationCallback = (_, shown, _, _) => TestCertificate.IsShown(shown);
        return new HttpClient(handler) { BaseAddress = server.Address, DefaultRequestVersion = new Version(version), DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };
    }

    private static void Map(WebApplication app)
    {
        app.MapGet("/hello", () => "hello");
        app.MapPost("/echo", async (HttpContext context) =>
        {
            using MemoryStream body = new();
            await context.Request.Body.CopyToAsync(body);
            context.Response.ContentType = new MediaTypeHeaderValue("application/octet-stream").ToString();
            await context.Response.Body.WriteAsync(body.GetBuffer().AsMemory(0, (int)body.Length));
        });
    }

    /// <summary>A body that does not look at the token of its request: only the end of the connection ends its writes.</summary>
    private sealed class Stubborn : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => stream.WriteAsync(new byte[64 << 20]).AsTask();

        protected override bool TryComputeLength(out long length)
        {
            length = 64 << 20;
            return true;
        }
    }
}
