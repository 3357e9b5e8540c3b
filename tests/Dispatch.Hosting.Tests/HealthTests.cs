using System.Buffers.Binary;
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
    public async Task A_loop_that_is_held_up_is_unhealthy_by_the_name_of_who_does_it_and_degraded_once_afterwards()
    {
        MemoryLog log = new();
        using IHost host = await StartAsync(
            o =>
            {
                o.LoopCount = 1;
                o.StallThreshold = TimeSpan.FromMilliseconds(20);
            },
            o => o.StallThreshold = TimeSpan.FromMilliseconds(100),
            log);
        Dispatcher dispatcher = host.Services.GetRequiredService<Dispatcher>();
        using ManualResetEventSlim release = new();
        Task stalled = dispatcher.Loops[0].InvokeAsync(() => release.Wait(Hosts.Patience));
        const string Name = nameof(HealthTests) + "." + nameof(A_loop_that_is_held_up_is_unhealthy_by_the_name_of_who_does_it_and_degraded_once_afterwards);
        Assert.True(SpinWait.SpinUntil(() => log.Entries.Any(e => e.Event.Id == 10 && e.Text.Contains(Name, StringComparison.Ordinal)), Hosts.Patience));
        HealthReportEntry entry = await CheckAsync(host);
        release.Set();
        await stalled;
        Assert.Equal(HealthStatus.Unhealthy, entry.Status);
        Assert.Contains(Name + " blocks", entry.Description, StringComparison.Ordinal);
        Assert.True(SpinWait.SpinUntil(() => log.Entries.Any(e => e.Event.Id == 11 && e.Text.Contains(Name, StringComparison.Ordinal)), Hosts.Patience));
        entry = await CheckAsync(host);
        Assert.Equal(HealthStatus.Degraded, entry.Status);
        Assert.Contains("held up", entry.Description, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Calls_that_wait_for_a_worker_are_degraded()
    {
        using IHost host = await StartAsync(
            o =>
            {
                o.LoopCount = 1;
                o.MaxWorkers = 1;
                o.MaxWaitingWorkers = 1;
            },
            o => o.MaxWorkerQueueLength = 1);
        EventLoop loop = host.Services.GetRequiredService<Dispatcher>().Loops[0];
        using CancellationTokenSource enough = new();
        byte[] day = new byte[16];
        BinaryPrimitives.WriteInt64LittleEndian(day, 86_400);
        long nanosleep = SystemCallInfo.All.Single(c => c.Name == "nanosleep").Number;
        Task<Completion>[] calls = [.. Enumerable.Range(0, 3).Select(_ => loop.CompleteAsync(IoRequest.Syscall(nanosleep, day.AsMemory(), 0), enough.Token).AsTask())];
        await loop.InvokeAsync(() => Task.CompletedTask); // Behind all three: from now on there are two when the worker has one, and not also on the way to three.
        Assert.True(SpinWait.SpinUntil(() => loop.Statistics.QueuedCalls == 2, Hosts.Patience));
        HealthReportEntry entry = await CheckAsync(host);
        await enough.CancelAsync();
        await Task.WhenAll(calls);
        Assert.Equal(HealthStatus.Degraded, entry.Status);
        Assert.Contains("2 system calls of dispatch-0 wait for a worker", entry.Description, StringComparison.Ordinal);
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

    private static async Task<IHost> StartAsync(Action<DispatcherOptions> configure, Action<LoopHealthOptions>? health = null, MemoryLog? log = null)
    {
        HostApplicationBuilder builder = Hosts.Builder(log);
        builder.AddDispatch(configure);
        builder.Services.AddHealthChecks().AddDispatch(configure: health);
        IHost host = builder.Build();
        await host.StartAsync();
        return host;
    }

    private static async Task<HealthReportEntry> CheckAsync(IHost host) =>
        (await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync()).Entries["dispatch"];
}
