using System.Net;
using System.Reactive.Linq;
using Dispatch;
using Dispatch.AspNetCore;
using Dispatch.Hosting;
using Dispatch.Reactive;
using Dispatch.Testing;

// One line for each package that does what it is for.
await using (Dispatcher dispatcher = Dispatcher.Create(new DispatcherOptions { LoopCount = 1 }))
{
    string echoed = await dispatcher.RunAsync(async () =>
    {
        await using Listener listener = Listener.Listen(new IPEndPoint(IPAddress.Loopback, 0));
        await using Connection client = await Connection.ConnectAsync(listener.LocalEndPoint!);
        await using Connection server = await listener.AcceptAsync();
        await client.SendAsync("over loops"u8.ToArray());
        using BufferLease lease = await server.ReceiveAsync();
        return System.Text.Encoding.UTF8.GetString(lease.Span);
    });
    Console.WriteLine($"Dispatch: {echoed}");

    EventLoop loop = dispatcher.Loops[0];
    IList<bool> owned = await Observable.Range(1, 3).ObserveOn(loop).Select(_ => loop.IsOwner).ToList();
    Console.WriteLine($"Dispatch.Reactive: {string.Join(' ', owned)}");
}

HostApplicationBuilder worker = Host.CreateApplicationBuilder();
worker.Logging.ClearProviders();
worker.AddDispatch(o => o.LoopCount = 2);
using (IHost host = worker.Build())
{
    await host.StartAsync();
    Console.WriteLine($"Dispatch.Hosting: {host.Services.GetRequiredService<Dispatcher>().Loops.Count} loops");
    await host.StopAsync();
}

WebApplicationBuilder web = WebApplication.CreateSlimBuilder();
web.Logging.ClearProviders();
web.WebHost.UseDispatch();
web.WebHost.UseUrls("http://127.0.0.1:0");
await using (WebApplication app = web.Build())
{
    app.MapGet("/", () => EventLoop.Current is null ? "not on a loop" : "on a loop");
    await app.StartAsync();
    using HttpClient http = new();
    Console.WriteLine($"Dispatch.AspNetCore: {await http.GetStringAsync(new Uri(app.Urls.First()))}");
    await app.StopAsync();
}

SimulatedKernel.Run(1, async kernel => await kernel.CreateLoop().InvokeAsync(async () => await EventLoop.Current!.DelayAsync(TimeSpan.FromHours(1))));
Console.WriteLine("Dispatch.Testing: an hour has passed");
