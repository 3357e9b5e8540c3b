using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Dispatch.Hosting.Tests;

public class OptionsTests
{
    [Fact]
    public void Every_option_that_has_a_key_is_read_from_the_configuration()
    {
        DispatcherOptions options = Bind(
            ("Dispatch:Kernel", "LinuxAio"),
            ("Dispatch:loopcount", "3"),
            ("Dispatch:Placement", "Explicit"),
            ("Dispatch:Cpus", "0"),
            ("Dispatch:DrainTimeout", "00:00:07"),
            ("Dispatch:SubmissionEntries", "64"),
            ("Dispatch:CompletionEntries", "128"),
            ("Dispatch:RawCapacity", "11"),
            ("Dispatch:PoolLimit", "12"),
            ("Dispatch:CompletionBudget", "13"),
            ("Dispatch:InboxBudget", "14"),
            ("Dispatch:ReceiveBufferCount", "16"),
            ("Dispatch:MaxReceiveBufferCount", "32"),
            ("Dispatch:ReceiveBufferSize", "2048"),
            ("Dispatch:ReceiveQuota", "5"),
            ("Dispatch:MaxKernelWorkers", "6"),
            ("Dispatch:MaxWorkers", "7"),
            ("Dispatch:MaxWaitingWorkers", "8"),
            ("Dispatch:DirectSlots", "9"),
            ("Dispatch:StallThreshold", "00:00:00.250"),
            ("Dispatch:MeasureLatency", "true"));
        Assert.Equal((7, 8, 9, TimeSpan.FromMilliseconds(250), true), (options.MaxWorkers, options.MaxWaitingWorkers, options.DirectSlots, options.StallThreshold, options.MeasureLatency));
        Assert.Equal(
            (KernelKind.LinuxAio, 3, LoopPlacement.Explicit, CpuSet.Create(0), TimeSpan.FromSeconds(7)),
            (options.Kernel, options.LoopCount, options.Placement, options.Cpus, options.DrainTimeout));
        Assert.Equal(
            (64, 128, 11, 12, 13, 14, 16, 32, 2048, 5, 6),
            (options.SubmissionEntries, options.CompletionEntries, options.RawCapacity, options.PoolLimit, options.CompletionBudget, options.InboxBudget, options.ReceiveBufferCount, options.MaxReceiveBufferCount, options.ReceiveBufferSize, options.ReceiveQuota, options.MaxKernelWorkers));
    }

    [Theory]
    [InlineData("Park", 1, IdleAction.Park)]
    [InlineData("spin", 1_000_000, IdleAction.Spin)]
    [InlineData("Yield", 1_000_000, IdleAction.Yield)]
    [InlineData("SpinThenPark(5)", 5, IdleAction.Spin)]
    [InlineData("SpinThenPark(5)", 6, IdleAction.Park)]
    [InlineData("SpinThenPark(5, 2)", 5, IdleAction.Spin)]
    [InlineData("SpinThenPark( 5 , 2 )", 7, IdleAction.Yield)]
    [InlineData("SpinThenPark(5,2)", 8, IdleAction.Park)]
    public void Idle_strategies_are_written_by_name(string text, int emptyTurns, IdleAction expected) =>
        Assert.Equal(expected, Bind(("Dispatch:Idle", text)).Idle.Decide(emptyTurns));

    [Fact]
    public void Code_has_the_last_word()
    {
        HostApplicationBuilder builder = Hosts.Builder(settings: ("Dispatch:LoopCount", "3"));
        builder.AddDispatch(o => o.LoopCount = 2).AddDispatch(o => o.ReceiveQuota = 9);
        DispatcherOptions options = Resolve(builder, Options.DefaultName);
        Assert.Equal((2, 9), (options.LoopCount, options.ReceiveQuota));
    }

    [Theory]
    [InlineData("Dispatch:LoopCont", "2", "Dispatch:LoopCont is no option", "LoopCount")]
    [InlineData("Dispatch:LoopCount", "two", "Dispatch:LoopCount is \"two\"", "whole number")]
    [InlineData("Dispatch:LoopCount", "0", "Dispatch:LoopCount", "0")]
    [InlineData("Dispatch:Cpus", "0-", "Dispatch:Cpus is \"0-\"", "")]
    [InlineData("Dispatch:Cpus", "0", "Dispatch:", "Explicit")]
    [InlineData("Dispatch:Idle", "SpinThenPark", "Dispatch:Idle is", "SpinThenPark(SPINS)")]
    [InlineData("Dispatch:Kernel", "epoll", "Dispatch:Kernel is \"epoll\"", "LinuxAio")]
    [InlineData("Dispatch:Kernel", "17", "Dispatch:Kernel is \"17\"", "LinuxAio")]
    [InlineData("Dispatch:DrainTimeout", "-00:00:01", "Dispatch:DrainTimeout", "")]
    [InlineData("Dispatch:SubmissionEntries", "0", "Dispatch:SubmissionEntries", "1 to 32,768")]
    [InlineData("Dispatch:MaxWorkers", "0", "Dispatch:MaxWorkers", "1 or more")]
    [InlineData("Dispatch:MaxWaitingWorkers", "0", "Dispatch:MaxWaitingWorkers", "1 or more")]
    [InlineData("Dispatch:DirectSlots", "40000", "Dispatch:DirectSlots", "1 to 32,768")]
    [InlineData("Dispatch:StallThreshold", "soon", "Dispatch:StallThreshold is \"soon\"", "a time is needed")]
    [InlineData("Dispatch:StallThreshold", "00:00:00", "Dispatch:StallThreshold", "1 ms to 1 hour")]
    [InlineData("Dispatch:MeasureLatency", "yes", "Dispatch:MeasureLatency is \"yes\"", "true or false")]
    public async Task A_bad_setting_keeps_the_host_from_starting_and_is_named_by_its_key(string key, string value, string expected, string alsoExpected)
    {
        HostApplicationBuilder builder = Hosts.Builder(settings: (key, value));
        builder.AddDispatch();
        using IHost host = builder.Build();
        OptionsValidationException error = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync());
        Assert.Contains(expected, error.Message);
        Assert.Contains(alsoExpected, error.Message);
    }

    [Fact]
    public void All_that_is_wrong_in_a_configuration_is_said_at_once()
    {
        HostApplicationBuilder builder = Hosts.Builder(settings: [("Dispatch:LoopCont", "2"), ("Dispatch:ReceiveQuota", "many")]);
        builder.AddDispatch();
        OptionsValidationException error = Assert.Throws<OptionsValidationException>(() => Resolve(builder, Options.DefaultName));
        Assert.Equal(2, error.Failures.Count());
    }

    [Fact]
    public void A_dispatcher_with_a_name_has_its_section_within_the_others()
    {
        HostApplicationBuilder builder = Hosts.Builder(settings: [("Dispatch:LoopCount", "1"), ("Dispatch:files:LoopCount", "2")]);
        builder.AddDispatch().AddDispatch("files");
        using ServiceProvider provider = builder.Services.BuildServiceProvider();
        IOptionsMonitor<DispatcherOptions> options = provider.GetRequiredService<IOptionsMonitor<DispatcherOptions>>();
        Assert.Equal((1, 2), (options.CurrentValue.LoopCount, options.Get("files").LoopCount));
    }

    private static DispatcherOptions Bind(params (string Key, string Value)[] settings)
    {
        HostApplicationBuilder builder = Hosts.Builder(settings: settings);
        builder.AddDispatch();
        return Resolve(builder, Options.DefaultName);
    }

    private static DispatcherOptions Resolve(HostApplicationBuilder builder, string name)
    {
        using ServiceProvider provider = builder.Services.BuildServiceProvider();
        return provider.GetRequiredService<IOptionsMonitor<DispatcherOptions>>().Get(name);
    }
}
