using System.Collections.Concurrent;
using System.Net;
using System.Net.WebSockets;
using System.Text;
using System.Threading.Channels;
using Dispatch.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace Dispatch.AspNetCore.Tests;

/// <summary>
/// Code that keeps its loop: it is seen wherever in a request it blocks, it is named, and its connection goes on elsewhere. On a busy machine a thread that is not let run, and code that is being compiled, look the same: connections may leave
/// sooner than by what the tests do.
/// </summary>
public sealed class SchedulingTests
{
    private const string LeftLoop = nameof(LeftLoop);

    private static readonly TimeSpan Guard = TimeSpan.FromMinutes(2);

    /// <summary>Longer than what <see cref="LeaveAtOnce"/> allows, which is longer than a busy machine takes the CPU away for.</summary>
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(2.5);

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

        AssertLeft(places);
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

        AssertLeft(places);
        Assert.Contains("(endpoint: HTTP: GET /blocks/{how}), 3 times", await log.NextAsync(LeftLoop, Token).WaitAsync(Guard, Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_request_blocks_on_other_threads_is_not_counted()
    {
        await using TestServer server = await TestServer.StartAsync(
            app => app.MapGet("/", async () =>
            {
                string before = Here;
                await Task.Run(() => Block(Long));
                return before + Here;
            }),
            transport: LeaveAtOnce);
        using HttpClient client = OneConnection();
        Assert.Equal("looploop", await client.GetStringAsync(server.Address, Token));
        Assert.Equal("looploop", await client.GetStringAsync(server.Address, Token));
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
    public async Task Streams_that_stand_in_line_for_a_loop_that_others_block_do_not_block_it_too()
    {
        await using TestServer server = await TestServer.StartAsync(
            app =>
            {
                app.UseRouting();
                app.UseLoops();
                app.MapGet("/", Blocking["at once"]);
            },
            o => o.Listen(IPAddress.Loopback, 0, l => l.Protocols = HttpProtocols.Http2));
        using HttpClient client = new() { DefaultRequestVersion = HttpVersion.Version20, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };
        string[] places = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => client.GetStringAsync(server.Address, Token)));
        Assert.InRange(places.Count(p => p == "loop"), 1, 3);
    }

    [Fact]
    public async Task A_response_that_blocks_between_its_parts_leaves_the_loop_with_the_next_await()
    {
        await using TestServer server = await TestServer.StartAsync(app => app.MapGet("/", async (HttpContext context) =>
        {
            EventLoop loop = EventLoop.Current!;
            for (int i = 0; i < 6; i++)
            {
                await loop.DelayAsync(TimeSpan.FromMilliseconds(1));
                await context.Response.WriteAsync(Block() + ' ');
            }
        }));
        using HttpClient client = OneConnection();
        string places = await client.GetStringAsync(server.Address, Token);
        Assert.StartsWith("loop ", places, StringComparison.Ordinal);
        Assert.EndsWith(" pool pool ", places, StringComparison.Ordinal); // Three block, and the fourth part may still begin on the loop, as it was awaited there.
    }

    [Fact]
    public async Task What_a_request_has_left_behind_stays_on_the_loop_and_counts_for_no_other()
    {
        Channel<TimeSpan> orders = Channel.CreateUnbounded<TimeSpan>();
        Channel<string> places = Channel.CreateUnbounded<string>();
        TaskCompletionSource begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource release = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using TestServer server = await TestServer.StartAsync(
            app =>
            {
                app.MapGet("/start", async () =>
                {
                    _ = ObeyAsync();
                    await Task.Yield();
                    return Here;
                });
                app.MapGet("/waits", async () =>
                {
                    string before = Here;
                    begun.TrySetResult();
                    await release.Task;
                    return before;
                });
                app.MapGet("/blocks", async () =>
                {
                    await Task.Yield();
                    return Block(Long);
                });
            },
            transport: LeaveAtOnce);
        using HttpClient client = OneConnection();
        Assert.Equal("loop", await AskAsync("start"));
        Task<string> waits = AskAsync("waits");
        await begun.Task.WaitAsync(Guard, Token);
        Assert.Equal("loop", await ObeyedAsync(Long)); // While another request is under way on the connection.
        release.SetResult();
        Assert.Equal("loop", await waits);
        Assert.Equal("loop", await AskAsync("blocks"));
        Assert.Equal("pool", await AskAsync("waits"));
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal("loop", await ObeyedAsync(TimeSpan.Zero));
        }

        orders.Writer.Complete();

        Task<string> AskAsync(string what) => client.GetStringAsync(new Uri(server.Address, what), Token);

        async Task<string> ObeyedAsync(TimeSpan block)
        {
            await orders.Writer.WriteAsync(block, Token);
            return await places.Reader.ReadAsync(Token);
        }

        async Task ObeyAsync()
        {
            await foreach (TimeSpan block in orders.Reader.ReadAllAsync())
            {
                await places.Writer.WriteAsync(Block(block));
            }
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Who_asks_for_the_loop_is_there_behind_awaits_too_also_after_its_connection_has_left(bool bySwitch)
    {
        EventLoop? loop = null;
        await using TestServer server = await StartSocketAsync(async () =>
        {
            loop ??= EventLoop.Current;
            Block();
            return bySwitch ? await SwitchAsync() : await loop!.InvokeAsync(async () =>
            {
                await Task.Delay(1);
                return Here;
            });
        });
        Assert.All(await AskAsync(server, 8), place => Assert.Equal("loop", place));

        async Task<string> SwitchAsync()
        {
            await loop!.SwitchTo();
            await Task.Delay(1);
            return Here;
        }
    }

    [Fact]
    public async Task A_WebSocket_whose_messages_block_the_loop_goes_on_on_the_pool()
    {
        await using TestServer server = await StartSocketAsync(() => Task.FromResult(Block()));
        List<string> places = await AskAsync(server, 8);
        Assert.Equal("loop", places[0]);
        Assert.Equal(["pool", "pool", "pool", "pool"], places[4..]); // Three block, and the fourth may still begin on the loop, as it was awaited there.
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

    /// <summary>Starts a server whose WebSocket answers each message with what the code returns.</summary>
    private static Task<TestServer> StartSocketAsync(Func<Task<string>> answer) => TestServer.StartAsync(app =>
    {
        app.UseWebSockets();
        app.Map("/", async (HttpContext context) =>
        {
            using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync();
            byte[] buffer = new byte[10];
            while (await socket.ReceiveAsync(buffer, default) is { MessageType: not WebSocketMessageType.Close })
            {
                await socket.SendAsync(Encoding.UTF8.GetBytes(await answer()), WebSocketMessageType.Text, endOfMessage: true, default);
            }

            await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, default);
        });
    });

    private static async Task<List<string>> AskAsync(TestServer server, int messages)
    {
        using ClientWebSocket client = new();
        await client.ConnectAsync(new UriBuilder(server.Address) { Scheme = "ws" }.Uri, Token);
        List<string> answers = [];
        byte[] received = new byte[10];
        for (int i = 0; i < messages; i++)
        {
            await client.SendAsync("x"u8.ToArray(), WebSocketMessageType.Text, endOfMessage: true, Token);
            ValueWebSocketReceiveResult got = await client.ReceiveAsync(received.AsMemory(), Token);
            answers.Add(Encoding.UTF8.GetString(received, 0, got.Count));
        }

        await client.CloseAsync(WebSocketCloseStatus.NormalClosure, null, Token);
        return answers;
    }

    private static HttpClient OneConnection() => new(new SocketsHttpHandler { MaxConnectionsPerServer = 1 });

    /// <summary>What handlers are not to do.</summary>
    private static string Block() => Block(TimeSpan.FromMilliseconds(50));

    private static string Block(TimeSpan time)
    {
        string where = Here;
        using ManualResetEventSlim never = new();
        never.Wait(time);
        return where;
    }

    private static void LeaveAtOnce(DispatchTransportOptions options)
    {
        options.BlockingThreshold = TimeSpan.FromSeconds(2);
        options.BlockingLimit = 1;
    }

    private static void AssertLeft(List<string> places)
    {
        Assert.Equal("loop", places[0]);
        Assert.Equal(["pool", "pool"], places[3..]);
    }

    private static async Task BlockBehindAsync()
    {
        await (EventLoop.Current?.DelayAsync(TimeSpan.FromMilliseconds(1)) ?? default).ConfigureAwait(false);
        Block();
    }
}
