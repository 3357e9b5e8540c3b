using CsCheck;
using Dispatch.Testing;

namespace Dispatch.Reactive.Tests;

/// <summary>
/// Rx's grammar under random queries: (OnNext)* (OnError | OnCompleted)?, never two at a time, nothing after a disposal, and everything on the loop. On simulated loops in virtual time, where a program has to do the same twice, and on real
/// loops with sources on other threads.
/// </summary>
public sealed class GrammarFuzzTests
{
    private static readonly Gen<FuzzProgram> Programs = Gen.Select(
        Gen.Int[0, 5],
        Gen.Int[0, 60],
        Gen.Int[0, 11].Array[0, 5],
        Gen.Int[0, 80],
        Gen.Int[0, 80],
        Gen.Bool,
        (source, items, operators, disposeAt, throwAt, secondLoop) => new FuzzProgram(source, items, operators, disposeAt, throwAt, secondLoop));

    [Theory]
    [InlineData("0000KDKUTKg0")]
    [InlineData("0001234567g0")]
    public void On_simulated_loops(string seed) => Programs.Sample(
        program =>
        {
            string first = Simulate(program);
            Assert.Equal(first, Simulate(program));
        },
        seed: seed,
        iter: 150,
        threads: 1);

    [Theory]
    [InlineData("0000KDKUTKg0")]
    [InlineData("000abcdefgh0")]
    public void On_a_real_loop_with_sources_on_other_threads(string seed) => Programs.Sample(
        program => TestLoop.Run(host =>
        {
            using FuzzThread thread = new();
            FuzzRun run = new(program, host.Loop, host.Loop, thread.Scheduler);
            run.Start();
            host.Until(() => run.IsOver);
            thread.Join();
            host.Settle();
            run.Verify();
            Assert.All(host.TakeFaults(), fault => Assert.Equal(FuzzRun.Thrown, fault.Message));
        }),
        seed: seed,
        iter: 150,
        threads: 1);

    private static string Simulate(FuzzProgram program)
    {
        string trace = string.Empty;
        SimulatedKernel.Run(
            program.Items + 1,
            async kernel =>
            {
                EventLoopOptions options = new()
                {
                    UnhandledException = fault =>
                    {
                        kernel.Check(fault.Exception.Message == FuzzRun.Thrown, fault.Exception.ToString());
                        return UnhandledExceptionAction.Continue;
                    },
                };
                EventLoop loop = kernel.CreateLoop(options);
                EventLoop other = program.HasSecondLoop ? kernel.CreateLoop(options) : loop;
                FuzzRun run = new(program, loop, other, other.AsScheduler());
                await loop.InvokeAsync(run.Start);
                while (!run.IsOver)
                {
                    await kernel.DelayAsync(TimeSpan.FromMilliseconds(10));
                }

                await kernel.DelayAsync(TimeSpan.FromSeconds(1)); // What would come after the end has time to.
                run.Verify();
                trace = run.ToString();
            });
        return trace;
    }
}
