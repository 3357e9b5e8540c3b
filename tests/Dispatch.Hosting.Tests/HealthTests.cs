using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

namespace Dispatch.Hosting.Tests;

public class HealthTests
{
    [Fact]
    public async Task Loops_that_answer_are_healthy()
    {
        using IHost host = await StartAsync(o => o.LoopCount = 2);
        HealthReportEntry entry = await CheckAsync(host);
        Assert.Equal(HealthStatus.Healthy, entry.Status);
        Assert.Equal(["dispatch-0", "dispatch-1"], entry.Data.Keys.Order());
    }

    [Fact]
    public async Task A_loop_whose_thread_does_not_return_is_unhealthy_and_named()
    {
        using IHost host = await StartAsync(o => o.LoopCount = 1, o => o.StallThreshold = TimeSpan.FromMilliseconds(100));
        using ManualResetEventSlim release = new();
        Task stalled = host.Services.GetRequiredService<Dispatcher>().Loops[0].InvokeAsync(() => release.Wait(Hosts.Patience));
        HealthReportEntry entry = await CheckAsync(host);
        release.Set();
        await stalled;
        Assert.Equal(HealthStatus.Unhealthy, entry.Status);
        Assert.Contains("dispatch-0 has not answered", entry.Description);
        Assert.Equal(HealthStatus.Healthy, (await CheckAsync(host)).Status);
    }

    [Fact]
    public async Task A_loop_that_has_stopped_is_unhealthy()
    {
        using IHost host = await StartAsync(o => o.LoopCount = 1);
        await host.StopAsync();
        Assert.Contains("has stopped", (await CheckAsync(host)).Description);
    }

    [Fact]
    public async Task Linux_AIO_that_was_asked_for_is_no_fallback()
    {
        using IHost host = await StartAsync(o =>
        {
            o.LoopCount = 1;
            o.Kernel = KernelKind.LinuxAio;
        });
        Assert.Equal(HealthStatus.Healthy, (await CheckAsync(host)).Status);
    }

    private static async Task<IHost> StartAsync(Action<DispatcherOptions> configure, Action<LoopHealthOptions>? health = null)
    {
        HostApplicationBuilder builder = Hosts.Builder();
        builder.AddDispatch(configure);
        builder.Services.AddHealthChecks().AddDispatch(configure: health);
        IHost host = builder.Build();
        await host.StartAsync();
        return host;
    }

    private static async Task<HealthReportEntry> CheckAsync(IHost host) =>
        (await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync()).Entries["dispatch"];
}
