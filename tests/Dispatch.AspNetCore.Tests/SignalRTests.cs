using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Runtime.CompilerServices;
using System.Security.Cryptography.X509Certificates;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.Http.Connections.Client;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Client;
using Microsoft.Extensions.DependencyInjection;

namespace Dispatch.AspNetCore.Tests;

/// <summary>SignalR's hubs over WebSockets, with its own client.</summary>
public sealed class SignalRTests : LimitedTests
{
    [Theory]
    [InlineData(false, 1, "HTTP/1.1 GET on a loop")]
    [InlineData(true, 1, "HTTP/1.1 GET on a loop")]
    [InlineData(true, 2, "HTTP/2 CONNECT on the pool")] // Where Kestrel begins its streams.
    public async Task A_method_is_invoked_and_its_result_comes_back(bool encrypted, int version, string request)
    {
        using X509Certificate2 certificate = TestCertificate.SelfSigned();
        await using TestServer server = await StartAsync(encrypted ? certificate : null);
        await using HubConnection client = await ConnectAsync(server, o => o.WebSocketConfiguration = version == 1 ? Trust : socket =>
        {
            socket.HttpVersion = HttpVersion.Version20; // It then goes by the handler that negotiated, and trusts what that one does.
            socket.HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        });

        // The request begins where the transport has it; SignalR itself takes every hub to the pool.
        Assert.Equal($"{request}, hub on the pool", await client.InvokeAsync<string>("Where", Token));
        string large = new('x', 20_000);
        Assert.Equal(large, await client.InvokeAsync<string>("Echo", large, Token));
        HubException failed = await Assert.ThrowsAsync<HubException>(() => client.InvokeAsync<string>("Fail", Token));
        Assert.EndsWith("as asked", failed.Message, StringComparison.Ordinal);
        string[] answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(i => client.InvokeAsync<string>("Echo", $"{i}", Token)));
        Assert.Equal(Enumerable.Range(0, 100).Select(i => $"{i}"), answers);
    }

    [Fact]
    public async Task A_stream_of_the_servers_arrives_whole_and_ends_early_when_it_is_no_longer_wanted()
    {
        await using TestServer server = await StartAsync();
        await using HubConnection client = await ConnectAsync(server);
        Assert.Equal(Enumerable.Range(0, 5000), await client.StreamAsync<int>("Count", 5000, Token).ToListAsync(Token));

        using CancellationTokenSource source = new();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (int number in client.StreamAsync<int>("Count", int.MaxValue, source.Token))
            {
                await source.CancelAsync(); // The server is told, and the stream ends there.
            }
        }).WaitAsync(Token);
        Assert.Equal(5000, await server.Service<HubLog>().Counted.Reader.ReadAsync(Token));
        Assert.InRange(await server.Service<HubLog>().Counted.Reader.ReadAsync(Token), 1, int.MaxValue - 1);
    }

    [Fact]
    public async Task A_stream_of_the_clients_arrives_whole()
    {
        await using TestServer server = await StartAsync();
        await using HubConnection client = await ConnectAsync(server);
        Assert.Equal(Enumerable.Range(0, 5000).Sum(), await client.InvokeAsync<int>("Sum", Enumerable.Range(0, 5000).ToAsyncEnumerable(), Token));
    }

    [Fact]
    public async Task Streams_both_ways_pass_each_item_on_at_once()
    {
        await using TestServer server = await StartAsync();
        await using HubConnection client = await ConnectAsync(server);
        Channel<int> questions = Channel.CreateUnbounded<int>();
        await questions.Writer.WriteAsync(0, Token);
        int next = 0;
        await foreach (int answer in client.StreamAsync<int>("Double", questions.Reader, Token).WithCancellation(Token))
        {
            Assert.Equal(2 * next, answer);
            if (++next == 200)
            {
                questions.Writer.Complete();
            }
            else
            {
                await questions.Writer.WriteAsync(next, Token); // Only now: whoever kept an answer back would never be asked again.
            }
        }

        Assert.Equal(200, next);
    }

    [Fact]
    public async Task What_is_told_to_all_reaches_every_client_in_order()
    {
        await using TestServer server = await StartAsync();
        HubConnection[] clients = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => ConnectAsync(server)));
        Channel<string>[] heard = [.. clients.Select(Hear)];
        for (int i = 0; i < 50; i++)
        {
            await clients[i % clients.Length].InvokeAsync("Tell", $"{i}", Token);
        }

        foreach (Channel<string> one in heard)
        {
            for (int i = 0; i < 50; i++)
            {
                Assert.Equal($"{i}", await one.Reader.ReadAsync(Token));
            }
        }

        await Task.WhenAll(clients.Select(c => c.DisposeAsync().AsTask()));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_client_that_stops_abruptly_is_missed_and_the_others_go_on(bool reset)
    {
        await using TestServer server = await StartAsync();
        await using HubConnection first = await ConnectAsync(server);
        await using HubConnection second = await ConnectAsync(server);
        TaskCompletionSource<Socket> connected = new();
        await using HubConnection rude = await ConnectAsync(server, o => o.WebSocketFactory = (context, token) => OpenAsync(context.Uri, connected, token));
        string? id = rude.ConnectionId;
        Channel<string> heard = Hear(second);
        Socket socket = await connected.Task;
        if (reset)
        {
            socket.LingerState = new LingerOption(true, 0);
            socket.Dispose();
        }
        else
        {
            socket.Shutdown(SocketShutdown.Send); // An end without the WebSocket's own farewell.
        }

        Assert.Equal(id, await server.Service<HubLog>().Left.Reader.ReadAsync(Token));
        await first.InvokeAsync("Tell", "still here", Token);
        Assert.Equal("still here", await heard.Reader.ReadAsync(Token));
    }

    private static Task<TestServer> StartAsync(X509Certificate2? certificate = null) => TestServer.StartAsync(
        app =>
        {
            app.Use((context, next) =>
            {
                context.Items["began"] = Place();
                return next(context);
            });
            app.MapHub<TestHub>("/hub");
        },
        o => o.Listen(IPAddress.Loopback, 0, l =>
        {
            if (certificate is not null)
            {
                l.UseHttps(certificate);
            }
        }),
        build: b =>
        {
            b.Services.AddSignalR(o => o.EnableDetailedErrors = true);
            b.Services.AddSingleton<HubLog>();
        });

    private static void Trust(ClientWebSocketOptions socket) => socket.RemoteCertificateValidationCallback = (_, shown, _, _) => TestCertificate.IsShown(shown);

    /// <summary>A WebSocket whose TCP socket is known, so that it can be broken.</summary>
    private static async ValueTask<WebSocket> OpenAsync(Uri address, TaskCompletionSource<Socket> connected, CancellationToken token)
    {
        SocketsHttpHandler handler = new()
        {
            ConnectCallback = async (context, connecting) =>
            {
                Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                await socket.ConnectAsync(context.DnsEndPoint, connecting);
                connected.SetResult(socket);
                return new NetworkStream(socket, ownsSocket: true);
            },
        };
        ClientWebSocket opened = new();
        await opened.ConnectAsync(address, new HttpMessageInvoker(handler), token);
        return opened;
    }

    private static Channel<string> Hear(HubConnection connection)
    {
        Channel<string> heard = Channel.CreateUnbounded<string>();
        connection.On<string>("Told", text => heard.Writer.TryWrite(text));
        return heard;
    }

    private static string Place() => EventLoop.Current is null ? "on the pool" : "on a loop";

    private async Task<HubConnection> ConnectAsync(TestServer server, Action<HttpConnectionOptions>? configure = null)
    {
        HubConnection connection = new HubConnectionBuilder().WithUrl(new Uri(server.Address, "hub"), HttpTransportType.WebSockets, o =>
        {
            o.HttpMessageHandlerFactory = handler =>
            {
                ((HttpClientHandler)handler).ServerCertificateCustomValidationCallback = (_, shown, _, _) => TestCertificate.IsShown(shown);
                return handler;
            };
            o.WebSocketConfiguration = Trust;
            configure?.Invoke(o);
        }).Build();
        await connection.StartAsync(Token);
        await connection.InvokeAsync<string>("Echo", string.Empty, Token); // The handshake is answered before the server counts the client among all; now it does.
        return connection;
    }

    /// <summary>What the hub saw. A hub lives no longer than a call.</summary>
    private sealed class HubLog
    {
        public Channel<string> Left { get; } = Channel.CreateUnbounded<string>();

        public Channel<int> Counted { get; } = Channel.CreateUnbounded<int>();
    }

#pragma warning disable CA1822 // SignalR finds a hub's methods on the instance only.
    private sealed class TestHub(HubLog log) : Hub
    {
        public string Where()
        {
            HttpContext request = Context.GetHttpContext()!;
            return $"{request.Request.Protocol} {request.Request.Method} {request.Items["began"]}, hub {Place()}";
        }

        public string Echo(string text) => text;

        public string Fail() => throw new HubException("as asked");

        public async IAsyncEnumerable<int> Count(int end, [EnumeratorCancellation] CancellationToken cancellationToken)
        {
            int next = 0;
            try
            {
                while (next < end && !cancellationToken.IsCancellationRequested)
                {
                    yield return next++;
                    await Task.Yield();
                }
            }
            finally
            {
                log.Counted.Writer.TryWrite(next);
            }
        }

        public async Task<int> Sum(IAsyncEnumerable<int> numbers)
        {
            int sum = 0;
            await foreach (int number in numbers)
            {
                sum += number;
            }

            return sum;
        }

        public async IAsyncEnumerable<int> Double(IAsyncEnumerable<int> numbers)
        {
            await foreach (int number in numbers)
            {
                yield return 2 * number;
            }
        }

        public Task Tell(string text) => Clients.All.SendAsync("Told", text);

        public override Task OnDisconnectedAsync(Exception? exception)
        {
            log.Left.Writer.TryWrite(Context.ConnectionId);
            return Task.CompletedTask;
        }
    }
#pragma warning restore CA1822
}
