namespace Dispatch.Testing.Tests;

/// <summary>What a failing run tells.</summary>
public sealed class FailureTests
{
    [Fact]
    public void A_failure_names_its_seed_and_replays_exactly()
    {
        SimulationException first = Assert.Throws<SimulationException>(() => SimulatedKernel.RunMany(1000, FailsSometimesAsync));
        SimulationException second = Assert.Throws<SimulationException>(() => SimulatedKernel.Run(first.Seed, FailsSometimesAsync));
        Assert.Equal(first.Message, second.Message);
        Assert.Contains($"Seed {first.Seed} failed", first.Message, StringComparison.Ordinal);
        Assert.Contains("note", first.Trace, StringComparison.Ordinal);
    }

    [Fact]
    public void A_failing_run_is_made_smaller()
    {
        SimulationException e = Assert.Throws<SimulationException>(() => SimulatedKernel.RunMany(1000, NeedsShortAsync));
        Assert.Equal([FaultKind.ShortResult], e.NeededFaults);
        Assert.Single(e.NeededEvents);
    }

    [Fact]
    public void A_run_that_cannot_go_on_says_what_it_waits_for()
    {
        SimulationException e = Assert.Throws<SimulationException>(() => SimulatedKernel.Run(
            1,
            async kernel =>
            {
                EventLoop loop = kernel.CreateLoop();
                (int reader, _) = kernel.CreatePipe();
                await loop.ExecuteAsync(IoRequest.Read(reader, new byte[8], 0));
            },
            new SimulationOptions { Faults = FaultPlan.None }));
        Assert.Contains("nothing can happen any more", e.Message, StringComparison.Ordinal);
        Assert.Contains("pread on 0", e.Message, StringComparison.Ordinal);
    }

    private static async Task FailsSometimesAsync(SimulatedKernel kernel)
    {
        kernel.Note("begins");
        EventLoop loop = kernel.CreateLoop();
        await loop.InvokeAsync(async () => await loop.DelayAsync(TimeSpan.FromMilliseconds(kernel.Random.Next(100))));
        kernel.Check(kernel.Random.Next(20) != 0, "It is one of twenty.");
    }

    private static async Task NeedsShortAsync(SimulatedKernel kernel)
    {
        kernel.Disk.WriteFile("/tmp/a", new byte[100]);
        EventLoop loop = kernel.CreateLoop();
        await loop.InvokeAsync(async () =>
        {
            await using DispatchFile file = await DispatchFile.OpenAsync("/tmp/a");
            kernel.Check(await file.ReadAsync(new byte[100], 0) == 100, "A read was short.");
        });
    }
}
