using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Dispatch.AspNetCore.Tests;

/// <summary>Clients that take their time: Kestrel's limits end them on this transport as they do on the default one.</summary>
public sealed class SlowClientTests
{
    private static readonly TimeSpan Guard = TimeSpan.FromMinutes(2);

    /// <summary>Kestrel looks at its limits once a second; what it is to grant has to be longer.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1.1);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_request_whose_headers_take_too_long_is_answered_with_408_and_others_are_served_meanwhile(bool useDispatch)
    {
        OpenConnections connections = new();
        await using TestServer server = await StartAsync(useDispatch, connections, l => l.RequestHeadersTimeout = TimeSpan.FromSeconds(1));
        using (HttpClient client = new())
        using (Socket slow = await ConnectAsync(server))
        {
            Task<Answer> answer = ToEndAsync(slow);
            await slow.SendAsync("GET /hello HTTP/1.1\r\nHost: x\r\nEndless: "u8.ToArray(), Token);
            while (!answer.IsCompleted)
            {
                await TrickleAsync(slow);
                Assert.Equal("hello", await client.GetStringAsync(new Uri(server.Address, "hello"), Token).WaitAsync(Guard, Token));
            }

            Assert.StartsWith("HTTP/1.1 408 ", (await answer).Text, StringComparison.Ordinal);
        }

        await connections.None.WaitAsync(Guard, Token);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_connection_on_which_nothing_is_asked_is_closed_in_order(bool useDispatch)
    {
        OpenConnections connections = new();
        await using TestServer server = await StartAsync(useDispatch, connections, l => l.KeepAliveTimeout = TimeSpan.FromSeconds(1));
        using Socket silent = await ConnectAsync(server); // It does not ask even once.
        using Socket asked = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        asked.Connect(IPAddress.Loopback, server.Address.Port); // No await in between, which could take the second that a first request is waited for.
        asked.Send("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n"u8);
        Answer answer = await ToEndAsync(asked);
        Assert.StartsWith("HTTP/1.1 200 ", answer.Text, StringComparison.Ordinal);
        Assert.Contains("hello", answer.Text, StringComparison.Ordinal);
        Assert.False(answer.Broken);
        Assert.Equal(new Answer(string.Empty, Broken: false), await ToEndAsync(silent));
        await connections.None.WaitAsync(Guard, Token);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_body_that_trickles_is_answered_with_408_and_its_reader_is_told(bool useDispatch)
    {
        OpenConnections connections = new();
        TaskCompletionSource<Exception?> told = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using TestServer server = await StartAsync(useDispatch, connections, l => l.MinRequestBodyDataRate = new MinDataRate(10_000, Grace), app => app.MapPost("/", async (HttpContext context) =>
        {
            try
            {
                await context.Request.Body.CopyToAsync(Stream.Null);
                told.SetResult(null);
            }
            catch (Exception e)
            {
                told.SetResult(e);
                throw;
            }
        }));
        using (Socket slow = await ConnectAsync(server))
        {
            Task<Answer> answer = ToEndAsync(slow);
            await slow.SendAsync("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n"u8.ToArray(), Token);
            while (!answer.IsCompleted)
            {
                await TrickleAsync(slow);
            }

            Assert.StartsWith("HTTP/1.1 408 ", (await answer).Text, StringComparison.Ordinal);
            Assert.Equal(StatusCodes.Status408RequestTimeout, Assert.IsType<Microsoft.AspNetCore.Http.BadHttpRequestException>(await told.Task.WaitAsync(Guard, Token), exactMatch: false).StatusCode);
        }

        await connections.None.WaitAsync(Guard, Token);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_client_that_does_not_read_is_broken_off(bool useDispatch)
    {
        const long Length = 1L << 40;
        OpenConnections connections = new();
        TaskCompletionSource<bool> ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using TestServer server = await StartAsync(useDispatch, connections, l => l.MinResponseDataRate = new MinDataRate(100_000_000, Grace), app => app.MapGet("/", async (HttpContext context) =>
        {
            byte[] part = new byte[1 << 16];
            context.Response.ContentLength = Length;
            for (long sent = 0; sent < Length && !context.RequestAborted.IsCancellationRequested; sent += part.Length)
            {
                await context.Response.Body.WriteAsync(part); // It returns when the request is aborted, too.
            }

            ended.SetResult(context.RequestAborted.IsCancellationRequested);
        }));
        using Socket deaf = await ConnectAsync(server);
        await deaf.SendAsync("GET / HTTP/1.1\r\nHost: x\r\n\r\n"u8.ToArray(), Token);
        Assert.True(await ended.Task.WaitAsync(Guard, Token));
        await connections.None.WaitAsync(Guard, Token); // All the while the client has read nothing.
        Answer answer = await ToEndAsync(deaf);
        Assert.StartsWith("HTTP/1.1 200 ", answer.Text, StringComparison.Ordinal);
        Assert.True(answer.Broken);
    }

    [Fact]
    public async Task A_write_waits_for_a_client_that_does_not_read_and_goes_on_when_it_does()
    {
        const long Most = 256 << 20; // More than any socket keeps.
        byte[] part = new byte[1 << 16];
        TaskCompletionSource<bool> waited = new(TaskCreationOptions.RunContinuationsAsynchronously);
        long written = 0;
        await using TestServer server = await TestServer.StartAsync(
            app => app.MapGet("/", async (HttpContext context) =>
            {
                while (written < Most && !waited.Task.IsCompleted)
                {
                    Task write = context.Response.Body.WriteAsync(part).AsTask();
                    written += part.Length;
                    if (!write.IsCompleted)
                    {
                        waited.SetResult(true);
                    }

                    await write;
                }

                waited.TrySetResult(false);
            }),
            o =>
            {
                o.Limits.MinResponseDataRate = null;
                o.Listen(IPAddress.Loopback, 0);
            });
        using HttpClient client = new();
        using HttpResponseMessage response = await client.GetAsync(server.Address, HttpCompletionOption.ResponseHeadersRead, Token);
        Assert.True(await waited.Task.WaitAsync(Guard, Token));
        await using Stream body = await response.Content.ReadAsStreamAsync(Token);
        long received = 0;
        byte[] buffer = new byte[1 << 16];
        while (await body.ReadAsync(buffer.AsMemory(), Token).AsTask().WaitAsync(Guard, Token) is not 0 and int count)
        {
            received += count;
        }

        Assert.Equal(written, received);
    }

    private static Task<TestServer> StartAsync(bool useDispatch, OpenConnections connections, Action<KestrelServerLimits> limit, Action<WebApplication>? map = null) => TestServer.StartAsync(
        app =>
        {
            app.MapGet("/hello", () => "hello");
            map?.Invoke(app);
        },
        o =>
        {
            limit(o.Limits);
            o.Listen(IPAddress.Loopback, 0, l => l.Use(connections.Count));
        },
        useDispatch: useDispatch);

    private static async Task<Socket> ConnectAsync(TestServer server)
    {
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, server.Address.Port, Token);
        return socket;
    }

    /// <summary>Sends one more byte, and takes its time: at most a hundred of them in a second.</summary>
    private static async Task TrickleAsync(Socket socket)
    {
        try
        {
            await socket.SendAsync("x"u8.ToArray(), Token);
        }
        catch (SocketException)
        {
            // The server has ended it: whoever reads sees how.
        }

        await Task.Delay(10, Token);
    }

    /// <summary>What is left to read, and how it ends. A server that closes without having read everything resets, and what it sent before can be read nevertheless.</summary>
    private static async Task<Answer> ToEndAsync(Socket socket)
    {
        StringBuilder text = new();
        byte[] buffer = new byte[1 << 16];
        try
        {
            while (await socket.ReceiveAsync(buffer, Token).AsTask().WaitAsync(Guard, Token) is not 0 and int received)
            {
                text.Append(Encoding.ASCII.GetString(buffer, 0, received));
            }

            return new Answer(text.ToString(), Broken: false);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionReset)
        {
            return new Answer(text.ToString(), Broken: true);
        }
    }

    private sealed record Answer(string Text, bool Broken);
}
