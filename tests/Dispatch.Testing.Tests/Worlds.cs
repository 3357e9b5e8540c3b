namespace Dispatch.Testing.Tests;

/// <summary>Runs a piece of code on one loop of a simulated machine.</summary>
internal static class Worlds
{
    /// <summary>Gets options of a machine without faults.</summary>
    public static SimulationOptions Calm => new() { Faults = FaultPlan.None };

    /// <summary>Gets options of a machine with one kind of fault.</summary>
    public static SimulationOptions With(FaultKind kind, double rate = 1) => new() { Faults = FaultPlan.None.With(kind, rate) };

    /// <summary>Runs code on a loop.</summary>
    public static SimulationReport OnLoop(Func<SimulatedKernel, EventLoop, Task> code, SimulationOptions? options = null, long seed = 1) => SimulatedKernel.Run(
        seed,
        async kernel =>
        {
            EventLoop loop = kernel.CreateLoop();
            await loop.InvokeAsync(() => code(kernel, loop));
        },
        options ?? Calm);

    /// <summary>Runs code on a loop, with many seeds.</summary>
    public static SimulationReport OnLoops(int count, Func<SimulatedKernel, EventLoop, Task> code, SimulationOptions? options = null) => SimulatedKernel.RunMany(
        count,
        async kernel =>
        {
            EventLoop loop = kernel.CreateLoop();
            await loop.InvokeAsync(() => code(kernel, loop));
        },
        options ?? new SimulationOptions());
}
