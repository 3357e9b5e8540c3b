using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Threading.Channels;
using Grpc.AspNetCore.Server.Model;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Number = Dispatch.AspNetCore.Tests.GrpcTestService.Number;

namespace Dispatch.AspNetCore.Tests;

/// <summary>gRPC calls of each kind, over HTTP/2 with and without TLS, with the client of the same family.</summary>
public sealed class GrpcTests : LimitedTests
{
    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task Unary_calls_are_answered_where_they_are_to_run(bool encrypted, bool onLoops)
    {
        await using TestServer server = await StartAsync(encrypted, onLoops);
        using GrpcChannel channel = Connect(server);
        string[] answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(async i =>
        {
            using AsyncUnaryCall<string> call = channel.CreateCallInvoker().AsyncUnaryCall(GrpcTestService.Where, null, Options(), $"{i}");
            return await call;
        }));
        Assert.Equal(Enumerable.Range(0, 100).Select(i => $"{i}: HTTP/2 {(onLoops ? "loop" : "pool")}"), answers);

        using AsyncUnaryCall<string> unknown = channel.CreateCallInvoker().AsyncUnaryCall(GrpcTestService.Where, null, Options(), "nobody");
        RpcException error = await Assert.ThrowsAsync<RpcException>(() => unknown.ResponseAsync);
        Assert.Equal((StatusCode.NotFound, "There is no such name."), (error.StatusCode, error.Status.Detail));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_message_of_a_mebibyte_comes_back_as_it_was_sent(bool encrypted)
    {
        await using TestServer server = await StartAsync(encrypted);
        using GrpcChannel channel = Connect(server);
        byte[] sent = RandomNumberGenerator.GetBytes(1 << 20);
        using AsyncUnaryCall<byte[]> call = channel.CreateCallInvoker().AsyncUnaryCall(GrpcTestService.Echo, null, Options(), sent);
        Assert.Equal(sent, await call);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_stream_of_the_servers_arrives_whole(bool encrypted)
    {
        await using TestServer server = await StartAsync(encrypted);
        using GrpcChannel channel = Connect(server);
        using AsyncServerStreamingCall<Number> call = channel.CreateCallInvoker().AsyncServerStreamingCall(GrpcTestService.Count, null, Options(), new Number(5000));
        Assert.Equal(Enumerable.Range(0, 5000).Select(i => new Number(i)), await call.ResponseStream.ReadAllAsync(Token).ToListAsync(Token));
        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_stream_of_the_clients_arrives_whole(bool encrypted)
    {
        await using TestServer server = await StartAsync(encrypted);
        using GrpcChannel channel = Connect(server);
        using AsyncClientStreamingCall<Number, Number> call = channel.CreateCallInvoker().AsyncClientStreamingCall(GrpcTestService.Sum, null, Options());
        for (int i = 0; i < 5000; i++)
        {
            await call.RequestStream.WriteAsync(new Number(i), Token);
        }

        await call.RequestStream.CompleteAsync();
        Assert.Equal(new Number(Enumerable.Range(0, 5000).Sum()), await call);
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task Streams_both_ways_pass_each_message_on_at_once(bool encrypted, bool onLoops)
    {
        await using TestServer server = await StartAsync(encrypted, onLoops);
        using GrpcChannel channel = Connect(server);
        using AsyncDuplexStreamingCall<Number, Number> call = channel.CreateCallInvoker().AsyncDuplexStreamingCall(GrpcTestService.Double, null, Options());
        for (int i = 0; i < 200; i++)
        {
            await call.RequestStream.WriteAsync(new Number(i), Token);
            Assert.True(await call.ResponseStream.MoveNext(Token)); // Before the next question: whoever kept an answer back would be waited for.
            Assert.Equal(new Number(2 * i), call.ResponseStream.Current);
        }

        await call.RequestStream.CompleteAsync();
        Assert.False(await call.ResponseStream.MoveNext(Token));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_deadline_that_passes_ends_the_call_on_the_clients_clock(bool encrypted)
    {
        await using TestServer server = await StartAsync(encrypted);
        using GrpcChannel channel = Connect(server);
        using AsyncUnaryCall<string> call = channel.CreateCallInvoker().AsyncUnaryCall(GrpcTestService.Wait, null, Options().WithDeadline(DateTime.UtcNow.AddMilliseconds(200)), string.Empty);
        RpcException error = await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync.WaitAsync(Token));
        Assert.Equal(StatusCode.DeadlineExceeded, error.StatusCode);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_deadline_that_passes_ends_the_call_on_the_servers_clock(bool encrypted)
    {
        await using TestServer server = await StartAsync(encrypted);
        using GrpcChannel channel = Connect(server, new Hurry());
        using AsyncUnaryCall<byte[]> first = channel.CreateCallInvoker().AsyncUnaryCall(GrpcTestService.Echo, null, Options(), []);
        await first; // What has to be compiled and connected is, so that the next call begins within its time.
        using AsyncUnaryCall<string> call = channel.CreateCallInvoker().AsyncUnaryCall(GrpcTestService.Wait, null, Options(), string.Empty);
        RpcException error = await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync.WaitAsync(Token));
        Assert.Equal(StatusCode.DeadlineExceeded, error.StatusCode);
        Assert.Equal(["began", "cancelled"], await WaitsAsync(server));
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task A_call_that_its_client_cancels_is_cancelled_at_the_server_and_others_are_answered(bool encrypted, bool onLoops)
    {
        await using TestServer server = await StartAsync(encrypted, onLoops);
        using GrpcChannel channel = Connect(server);
        using CancellationTokenSource source = new();
        using AsyncUnaryCall<string> call = channel.CreateCallInvoker().AsyncUnaryCall(GrpcTestService.Wait, null, new CallOptions(cancellationToken: source.Token), string.Empty);
        Assert.Equal("began", await server.Service<GrpcTestService>().Waits.Reader.ReadAsync(Token));
        await source.CancelAsync();

        RpcException error = await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync);
        Assert.Equal(StatusCode.Cancelled, error.StatusCode);
        Assert.Equal("cancelled", await server.Service<GrpcTestService>().Waits.Reader.ReadAsync(Token));
        using AsyncUnaryCall<byte[]> other = channel.CreateCallInvoker().AsyncUnaryCall(GrpcTestService.Echo, null, Options(), [1, 2, 3]); // On the same connection: only the stream has ended.
        Assert.Equal([1, 2, 3], await other);
    }

    private static async Task<TestServer> StartAsync(bool encrypted, bool onLoops = false)
    {
        X509Certificate2? certificate = encrypted ? TestCertificate.SelfSigned() : null;
        return await TestServer.StartAsync(
            app =>
            {
                if (onLoops)
                {
                    app.UseLoops();
                }

                app.MapGrpcService<GrpcTestService>();
            },
            o => o.Listen(IPAddress.Loopback, 0, l =>
            {
                l.Protocols = HttpProtocols.Http2;
                if (certificate is not null)
                {
                    l.UseHttps(certificate);
                }
            }),
            scheduling: DispatchScheduling.Owner, // On a busy machine calls may look like blocking, and would be sent to the pool.
            build: b =>
            {
                b.Services.AddGrpc();
                b.Services.AddSingleton<GrpcTestService>();
                b.Services.AddSingleton<IServiceMethodProvider<GrpcTestService>>(provider => provider.GetRequiredService<GrpcTestService>());
            });
    }

    private static GrpcChannel Connect(TestServer server, DelegatingHandler? before = null)
    {
        SocketsHttpHandler handler = new() { SslOptions = { RemoteCertificateValidationCallback = (_, shown, _, _) => TestCertificate.IsShown(shown) } };
        before?.InnerHandler = handler;
        return GrpcChannel.ForAddress(server.Address, new GrpcChannelOptions { HttpHandler = (HttpMessageHandler?)before ?? handler, DisposeHttpClient = true });
    }

    private CallOptions Options() => new(cancellationToken: Token);

    private async Task<string[]> WaitsAsync(TestServer server)
    {
        ChannelReader<string> waits = server.Service<GrpcTestService>().Waits.Reader;
        return [await waits.ReadAsync(Token), await waits.ReadAsync(Token)];
    }

    /// <summary>Gives the server a second, of which the client itself knows nothing: it is the server's word that ends the call.</summary>
    private sealed class Hurry : DelegatingHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            if (request.RequestUri!.AbsolutePath == GrpcTestService.Wait.FullName)
            {
                request.Headers.Add("grpc-timeout", "1S");
            }

            return base.SendAsync(request, cancellationToken);
        }
    }
}
