using System.Collections.Concurrent;
using System.Net;
using System.Net.WebSockets;
using System.Text;
using Dispatch.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace Dispatch.AspNetCore.Tests;

/// <summary>Code that keeps its loop: it is seen wherever in a request it blocks, it is named, and its connection goes on elsewhere.</summary>
public sealed class SchedulingTests
{
    private const string LeftLoop = nameof(LeftLoop);

    private static readonly TimeSpan Guard = TimeSpan.FromMinutes(2);

    public static TheoryData<string> Places => new(Blocking.Keys);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static string Here => EventLoop.Current is null ? "pool" : "loop";

    private static Dictionary<string, Func<Task<string>>> Blocking { get; } = new()
    {
        ["at once"] = () => Task.FromResult(Block()),
        ["behind an await"] = async () =>
        {
            await Task.Yield();
            return Block();
        },
        ["behind an await of another thread's work"] = async () =>
        {
            await Task.Run(() => { });
            return Block();
        },
        ["behind an await of the loop's"] = async () =>
        {
            string before = Here;
            await (EventLoop.Current?.DelayAsync(TimeSpan.FromMilliseconds(1)) ?? default);
            Block();
            return before;
        },
        ["in a method that wants no context"] = async () =>
        {
            string before = Here;
            await BlockBehindAsync();
            return before;
        },
    };

    [Theory]
    [MemberData(nameof(Places))]
    public async Task A_connection_that_keeps_blocking_its_loop_goes_on_on_the_pool(string where)
    {
        using AwaitedLog log = new();
        await using TestServer server = await TestServer.StartAsync(app => app.MapGet("/blocks/{how}", () => Blocking[where]()), build: b => b.Logging.AddProvider(log));
        using HttpClient client = OneConnection();
        List<string> places = [];
        for (int i = 0; i < 5; i++)
        {
            places.Add(await client.GetStringAsync(new Uri(server.Address, "blocks/it"), Token));
        }

        Assert.Equal(["loop", "loop", "loop", "pool", "pool"], places);
        string told = await log.NextAsync(LeftLoop, Token).WaitAsync(Guard, Token);
        Assert.Contains("(endpoint: HTTP: GET /blocks/{how}), 3 times", told, StringComparison.Ordinal);
        Assert.Empty(log.TakeAll(LeftLoop));
    }

    [Fact]
    public async Task An_HTTP2_connection_whose_streams_block_the_loop_goes_on_on_the_pool()
    {
        using AwaitedLog log = new();
        await using TestServer server = await TestServer.StartAsync(
            app =>
            {
                app.UseRouting();
                app.UseLoops();
                app.MapGet("/blocks/{how}", Blocking["behind an await"]);
            },
            o => o.Listen(IPAddress.Loopback, 0, l => l.Protocols = HttpProtocols.Http2),
            build: b => b.Logging.AddProvider(log));
        using HttpClient client = new() { DefaultRequestVersion = HttpVersion.Version20, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };
        List<string> places = [];
        for (int i = 0; i < 5; i++)
        {
            places.Add(await client.GetStringAsync(new Uri(server.Address, "blocks/it"), Token));
        }

        Assert.Equal(["loop", "loop", "loop", "pool", "pool"], places);
        Assert.Contains("(endpoint: HTTP: GET /blocks/{how}), 3 times", await log.NextAsync(LeftLoop, Token).WaitAsync(Guard, Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_request_blocks_on_other_threads_is_not_counted()
    {
        await using TestServer server = await TestServer.StartAsync(app => app.MapGet("/", async () =>
        {
            string before = Here;
            await Task.Run(Block);
            return before + Here;
        }));
        using HttpClient client = OneConnection();
        for (int i = 0; i < 6; i++)
        {
            Assert.Equal("looploop", await client.GetStringAsync(server.Address, Token));
        }
    }

    [Fact]
    public async Task With_the_owners_scheduling_a_connection_stays_on_its_loop_whatever_it_does()
    {
        await using TestServer server = await TestServer.StartAsync(app => app.MapGet("/", Blocking["behind an await"]), scheduling: DispatchScheduling.Owner);
        using HttpClient client = OneConnection();
        for (int i = 0; i < 6; i++)
        {
            Assert.Equal("loop", await client.GetStringAsync(server.Address, Token));
        }
    }

    [Fact]
    public async Task A_WebSocket_whose_messages_block_the_loop_goes_on_on_the_pool()
    {
        const int Messages = 8; // It blocks in the first three; the fourth may still begin on the loop, as its read was awaited there.
        await using TestServer server = await TestServer.StartAsync(app =>
        {
            app.UseWebSockets();
            app.Map("/", async (HttpContext context) =>
            {
                using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync();
                byte[] buffer = new byte[10];
                while (await socket.ReceiveAsync(buffer, default) is { MessageType: not WebSocketMessageType.Close })
                {
                    await socket.SendAsync(Encoding.UTF8.GetBytes(Block()), WebSocketMessageType.Text, endOfMessage: true, default);
                }

                await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, default);
            });
        });
        using ClientWebSocket client = new();
        await client.ConnectAsync(new UriBuilder(server.Address) { Scheme = "ws" }.Uri, Token);
        List<string> places = [];
        byte[] received = new byte[10];
        for (int i = 0; i < Messages; i++)
        {
            await client.SendAsync("x"u8.ToArray(), WebSocketMessageType.Text, endOfMessage: true, Token);
            ValueWebSocketReceiveResult got = await client.ReceiveAsync(received.AsMemory(), Token);
            places.Add(Encoding.UTF8.GetString(received, 0, got.Count));
        }

        await client.CloseAsync(WebSocketCloseStatus.NormalClosure, null, Token);
        Assert.Equal(["loop", "loop", "loop"], places[..3]);
        Assert.Equal(["pool", "pool", "pool", "pool"], places[4..]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_stall_is_named_after_the_endpoint_that_makes_it(bool isBehindAwait)
    {
        ConcurrentQueue<LoopStall> stalls = new();
        using ManualResetEventSlim never = new();
        await using TestServer server = await TestServer.StartAsync(
            app => app.MapGet("/slow/{id}", async (int id) =>
            {
                if (isBehindAwait)
                {
                    await Task.Yield();
                }

                return never.Wait(TimeSpan.FromMilliseconds(200), Token);
            }),
            scheduling: DispatchScheduling.Owner,
            build: b => b.AddDispatch(o =>
            {
                o.StallThreshold = TimeSpan.FromMilliseconds(50);
                o.StallDetected = stalls.Enqueue;
            }));
        using HttpClient client = new();
        long start = Environment.TickCount64;
        do
        {
            // More than once: the turn of a first request may be reported while its code is still being compiled.
            Assert.True(Environment.TickCount64 - start < Guard.TotalMilliseconds, string.Join('\n', stalls));
            Assert.Equal("false", await client.GetStringAsync(new Uri(server.Address, "slow/7"), Token));
        }
        while (!stalls.Any(s => s.Callback?.Contains("/slow/{id}", StringComparison.Ordinal) == true));
    }

    private static HttpClient OneConnection() => new(new SocketsHttpHandler { MaxConnectionsPerServer = 1 });

    /// <summary>What handlers are not to do.</summary>
    private static string Block()
    {
        string where = Here;
        using ManualResetEventSlim never = new();
        never.Wait(TimeSpan.FromMilliseconds(50));
        return where;
    }

    private static async Task BlockBehindAsync()
    {
        await (EventLoop.Current?.DelayAsync(TimeSpan.FromMilliseconds(1)) ?? default).ConfigureAwait(false);
        Block();
    }
}
