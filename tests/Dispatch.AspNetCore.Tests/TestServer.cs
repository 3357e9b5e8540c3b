using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Dispatch.AspNetCore.Tests;

/// <summary>A web application on the transport, on a port of the system's choice.</summary>
internal sealed class TestServer : IAsyncDisposable
{
    private readonly WebApplication app;

    private TestServer(WebApplication app) => this.app = app;

    public Uri Address => new(app.Urls.First());

    public Dispatcher Dispatcher => app.Services.GetRequiredService<Dispatcher>();

    public static async Task<TestServer> StartAsync(Action<WebApplication> map, Action<KestrelServerOptions>? kestrel = null, DispatchScheduling scheduling = DispatchScheduling.Adaptive, Action<WebApplicationBuilder>? build = null, bool useDispatch = true, Action<DispatchTransportOptions>? transport = null)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        build?.Invoke(builder);
        if (useDispatch)
        {
            builder.WebHost.UseDispatch(o =>
            {
                o.Scheduling = scheduling;
                transport?.Invoke(o);
            });
        }

        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel ?? (o => o.Listen(System.Net.IPAddress.Loopback, 0)));
        WebApplication app = builder.Build();
        map(app);
        await app.StartAsync();
        return new TestServer(app);
    }

    /// <summary>Gets a service of the application's container.</summary>
    public T Service<T>()
        where T : notnull => app.Services.GetRequiredService<T>();

    /// <summary>Ends it as a signal would: what is in flight is waited for.</summary>
    public Task StopAsync() => app.StopAsync();

    public async ValueTask DisposeAsync()
    {
        await app.StopAsync();
        await app.DisposeAsync();
    }
}
