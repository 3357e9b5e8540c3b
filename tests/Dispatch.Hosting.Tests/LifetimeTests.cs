using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Dispatch.Hosting.Tests;

public class LifetimeTests
{
    [Fact]
    public async Task Loops_run_before_hosted_services_start_and_until_they_have_stopped()
    {
        HostApplicationBuilder builder = Hosts.Builder();
        LoopUser user = null!;
        builder.Services.AddSingleton<IHostedService>(p => user = new LoopUser(p)); // Before the dispatcher, so that the order of registration does not do it.
        builder.AddDispatch(o => o.LoopCount = 1);
        Dispatcher dispatcher;
        using (IHost host = builder.Build())
        {
            await host.StartAsync();
            dispatcher = host.Services.GetRequiredService<Dispatcher>();
            await host.StopAsync();
            Assert.True(dispatcher.Loops.All(l => l.Completed.IsCompletedSuccessfully), "The loops have to be drained when the host has stopped.");
        }

        Assert.Equal(["start on dispatch-0", "stop on dispatch-0"], user.Seen);
    }

    [Fact]
    public async Task Work_in_flight_is_finished_within_the_hosts_shutdown_timeout()
    {
        using MemoryLog log = new();
        HostApplicationBuilder builder = Hosts.Builder(log);
        builder.AddDispatch(o => o.LoopCount = 1);
        using IHost host = builder.Build();
        await host.StartAsync();
        Dispatcher dispatcher = host.Services.GetRequiredService<Dispatcher>();
        TaskCompletionSource begun = new();
        await using Server server = dispatcher.Serve(new IPEndPoint(IPAddress.Loopback, 0), async (connection, stopping) =>
        {
            begun.SetResult();
            using CancellationTokenSource told = new();
            using CancellationTokenRegistration registration = stopping.Register(told.Cancel);
            try
            {
                await connection.ReceiveAsync(told.Token);
            }
            catch (OperationCanceledException)
            {
                await connection.SendAsync("bye"u8.ToArray(), CancellationToken.None);
            }
        });
        using Socket client = new(SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(server.LocalEndPoint);
        await begun.Task.WaitAsync(Hosts.Patience);
        await host.StopAsync();
        byte[] answer = new byte[16];
        Assert.Equal(3, await client.ReceiveAsync(answer));
        Assert.Equal(LogLevel.Information, log.Single("Drained").Level);
    }

    [Fact]
    public async Task What_would_not_end_is_cancelled_when_the_hosts_time_is_over_and_logged()
    {
        using MemoryLog log = new();
        HostApplicationBuilder builder = Hosts.Builder(log);
        builder.Services.Configure<HostOptions>(o => o.ShutdownTimeout = TimeSpan.FromSeconds(2));
        builder.AddDispatch(o =>
        {
            o.LoopCount = 1;
            o.DrainTimeout = TimeSpan.FromHours(1);
        });
        using IHost host = builder.Build();
        await host.StartAsync();
        EventLoop loop = host.Services.GetRequiredService<Dispatcher>().Loops[0];
        Task<Completion> forever = loop.InvokeAsync(async () => await loop.CompleteAsync(IoRequest.Timeout(TimeSpan.FromDays(1))));
        await loop.InvokeAsync(() => { });
        await host.StopAsync().WaitAsync(Hosts.Patience);
        Assert.Equal(-125, (await forever.WaitAsync(Hosts.Patience)).Result); // ECANCELED
        Assert.Contains("1 requests cancelled", log.Single("DrainIncomplete").Text);
    }

    [Fact]
    public async Task Dispatchers_with_names_are_keyed_services_of_their_own()
    {
        HostApplicationBuilder builder = Hosts.Builder(settings: ("Dispatch:files:LoopCount", "2"));
        builder.AddDispatch(o => o.LoopCount = 1).AddDispatch("files");
        using IHost host = builder.Build();
        await host.StartAsync();
        Dispatcher files = host.Services.GetRequiredKeyedService<Dispatcher>("files");
        Assert.Equal(["files-0", "files-1"], files.Loops.Select(l => l.Name));
        Assert.NotSame(files, host.Services.GetRequiredService<Dispatcher>());
        await host.StopAsync();
        Assert.All(files.Loops, l => Assert.True(l.Completed.IsCompleted));
    }

    [Fact]
    public async Task The_start_is_logged_with_the_kernel_and_every_loops_report()
    {
        using MemoryLog log = new();
        HostApplicationBuilder builder = Hosts.Builder(log);
        builder.AddDispatch(o => o.LoopCount = 2);
        using IHost host = builder.Build();
        await host.StartAsync();
        await host.StopAsync();
        Assert.Equal((1, "Dispatch"), (log.Single("LoopsStarted").Event.Id, log.Single("LoopsStarted").Category));
        Assert.Contains("2 event loops", log.Single("LoopsStarted").Text);
        Assert.Equal(2, log.Entries.Count(e => e.Event.Name == "StartupReport"));
    }

    [Fact]
    public async Task An_unhandled_exception_on_a_loop_is_logged_and_the_loop_goes_on()
    {
        using MemoryLog log = new();
        HostApplicationBuilder builder = Hosts.Builder(log);
        builder.AddDispatch(o => o.LoopCount = 1);
        using IHost host = builder.Build();
        await host.StartAsync();
        EventLoop loop = host.Services.GetRequiredService<Dispatcher>().Loops[0];
        loop.Post(() => throw new InvalidDataException("of the test"));
        Assert.Equal(7, await loop.InvokeAsync(() => Task.FromResult(7)));
        await host.StopAsync();
        MemoryLog.Entry entry = log.Single("UnhandledException");
        Assert.IsType<InvalidDataException>(entry.Exception);
        Assert.Equal(LogLevel.Error, entry.Level);
    }

    [Fact]
    public async Task A_loop_that_a_policy_stops_takes_the_host_along()
    {
        using MemoryLog log = new();
        HostApplicationBuilder builder = Hosts.Builder(log, ("Dispatch:UnhandledException", "StopLoop"));
        builder.AddDispatch(o => o.LoopCount = 1);
        using IHost host = builder.Build();
        await host.StartAsync();
        host.Services.GetRequiredService<Dispatcher>().Loops[0].Post(() => throw new InvalidDataException("of the test"));
        await host.WaitForShutdownAsync().WaitAsync(Hosts.Patience);
        Assert.Equal(LogLevel.Critical, log.Single("LoopStopped").Level);
    }

    [Fact]
    public async Task A_handler_that_blocks_is_logged_with_its_stack()
    {
        using MemoryLog log = new();
        TaskCompletionSource reported = new();
        HostApplicationBuilder builder = Hosts.Builder(log);
        builder.AddDispatch(o =>
        {
            o.LoopCount = 1;
            o.BlockingWait = (_, _) => reported.SetResult(); // So that the wait does block, and ends when it was reported.
        });
        using IHost host = builder.Build();
        await host.StartAsync();
        EventLoop loop = host.Services.GetRequiredService<Dispatcher>().Loops[0];
        await loop.InvokeAsync(() => { reported.Task.Wait(Hosts.Patience); });
        await host.StopAsync();
        Assert.Contains(nameof(A_handler_that_blocks_is_logged_with_its_stack), log.Single("BlockingWait").Text);
    }

    private sealed class LoopUser(IServiceProvider provider) : IHostedService
    {
        public List<string> Seen { get; } = [];

        public Task StartAsync(CancellationToken cancellationToken) => NoteAsync("start");

        public Task StopAsync(CancellationToken cancellationToken) => NoteAsync("stop");

        private async Task NoteAsync(string what)
        {
            string name = await provider.GetRequiredService<Dispatcher>().RunAsync(() => Task.FromResult(EventLoop.Current!.Name));
            Seen.Add($"{what} on {name}");
        }
    }
}
