using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Dispatch.Hosting.Tests;

public class LoopServiceTests
{
    [Fact]
    public async Task A_loop_service_runs_on_its_loop_and_ends_with_the_host()
    {
        HostApplicationBuilder builder = Hosts.Builder();
        builder.AddDispatch(o => o.LoopCount = 1);
        builder.Services.AddSingleton<Ticker>().AddHostedService(p => p.GetRequiredService<Ticker>());
        using IHost host = builder.Build();
        await host.StartAsync();
        Ticker ticker = host.Services.GetRequiredService<Ticker>();
        await ticker.Ticked.Task.WaitAsync(Hosts.Patience);
        await host.StopAsync();
        Assert.Equal(("dispatch-0", "dispatch-0", true), (ticker.StartedOn, ticker.ResumedOn, ticker.WasStopped));
    }

    [Fact]
    public async Task A_loop_service_that_fails_stops_the_host_as_background_services_do()
    {
        HostApplicationBuilder builder = Hosts.Builder();
        builder.AddDispatch(o => o.LoopCount = 1);
        builder.Services.AddHostedService<Failing>();
        using IHost host = builder.Build();
        await host.StartAsync();
        try
        {
            await host.WaitForShutdownAsync().WaitAsync(Hosts.Patience);
        }
        catch (Exception e) when (e is InvalidDataException or AggregateException)
        {
            // Whether the host hands the failure on as well differs between its versions.
        }

        Assert.True(host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.IsCancellationRequested);
    }

    private sealed class Ticker(Dispatcher dispatcher) : LoopService(dispatcher)
    {
        public TaskCompletionSource Ticked { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public string? StartedOn { get; private set; }

        public string? ResumedOn { get; private set; }

        public bool WasStopped { get; private set; }

        protected override async Task ExecuteAsync(EventLoop eventLoop, CancellationToken stoppingToken)
        {
            StartedOn = EventLoop.Current?.Name;
            await Task.Delay(1, stoppingToken);
            ResumedOn = EventLoop.Current?.Name;
            Ticked.SetResult();
            try
            {
                await eventLoop.DelayAsync(TimeSpan.FromDays(1), stoppingToken);
            }
            catch (OperationCanceledException)
            {
                WasStopped = stoppingToken.IsCancellationRequested; // And not only cut off by the drain.
            }
        }
    }

    private sealed class Failing(Dispatcher dispatcher) : LoopService(dispatcher)
    {
        protected override async Task ExecuteAsync(EventLoop eventLoop, CancellationToken stoppingToken)
        {
            await eventLoop.DelayAsync(TimeSpan.FromMilliseconds(1), stoppingToken);
            throw new InvalidDataException("of the test");
        }
    }
}
