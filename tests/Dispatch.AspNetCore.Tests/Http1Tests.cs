using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Dispatch.AspNetCore.Tests;

public class Http1Tests
{
    [Fact]
    public async Task A_request_runs_on_a_loop_and_comes_back_to_it_after_an_await()
    {
        await using TestServer server = await TestServer.StartAsync(app => app.MapGet("/", async () =>
        {
            EventLoop? before = EventLoop.Current;
            await Task.Run(() => { });
            return before is null ? "none" : ReferenceEquals(before, EventLoop.Current) ? "same" : "other";
        }));
        using HttpClient client = new();
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal("same", await client.GetStringAsync(server.Address, TestContext.Current.CancellationToken));
        }
    }

    [Fact]
    public async Task With_the_pool_scheduling_a_request_runs_on_the_pool()
    {
        await using TestServer server = await TestServer.StartAsync(
            app => app.MapGet("/", () => EventLoop.Current is null ? "pool" : "loop"),
            scheduling: DispatchScheduling.ThreadPool);
        using HttpClient client = new();
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal("pool", await client.GetStringAsync(server.Address, TestContext.Current.CancellationToken));
        }
    }

    [Fact]
    public async Task A_large_body_comes_back_as_it_was_sent()
    {
        await using TestServer server = await TestServer.StartAsync(app => app.MapPost("/", (HttpContext context) => context.Request.Body.CopyToAsync(context.Response.Body)));
        byte[] sent = new byte[4 * 1024 * 1024];
        new Random(1).NextBytes(sent);
        using HttpClient client = new();
        using HttpResponseMessage response = await client.PostAsync(server.Address, new ByteArrayContent(sent), TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(sent, await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task An_application_that_is_disposed_without_having_been_stopped_ends_in_order()
    {
        Uri address;
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseDispatch();
        builder.WebHost.ConfigureKestrel(o => o.Listen(IPAddress.Loopback, 0));
        await using (WebApplication app = builder.Build())
        {
            app.MapGet("/", () => "hello");
            await app.StartAsync(TestContext.Current.CancellationToken);
            address = new Uri(app.Urls.First());
            using HttpClient client = new();
            Assert.Equal("hello", await client.GetStringAsync(address, TestContext.Current.CancellationToken));
        }

        using Socket again = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        Assert.Equal(SocketError.ConnectionRefused, (await Assert.ThrowsAnyAsync<SocketException>(async () => await again.ConnectAsync(address.Host, address.Port, TestContext.Current.CancellationToken))).SocketErrorCode);
    }

    [Fact]
    public async Task A_port_in_use_is_refused_as_on_the_default_transport()
    {
        await using TestServer first = await TestServer.StartAsync(app => app.MapGet("/", () => "x"));
        IOException thrown = await Assert.ThrowsAsync<IOException>(() => TestServer.StartAsync(app => app.MapGet("/", () => "y"), o => o.Listen(IPAddress.Loopback, first.Address.Port)));
        Assert.IsType<AddressInUseException>(thrown.InnerException);
    }
}
