using CsCheck;

namespace Dispatch.Conformance.Programs;

/// <summary>
/// Random programs of requests have the same outcome on every kernel. What io_uring answers is right: the simulated kernel is checked against it, and Linux AIO is. io_uring itself is checked against
/// its own answer through queues that are full all the time. A failure names CsCheck's seed, and the shortest program that it found.
/// </summary>
public sealed class ProgramTests : KernelTests
{
    private const int Programs = 60;
    private const int SeedsOfEach = 5;

    [Theory]
    [EveryKernel]
    public void Programs_on_files_have_the_same_outcome(TestedKernel kernel) =>
        Compare(kernel, FileProgram.Kinds, 40, (w, steps) =>
        {
            string outcome = string.Empty;
            w.Drive(async () => outcome = await FileProgram.RunAsync(w, steps));
            return outcome;
        });

    [Theory]
    [EveryKernel]
    public void Programs_on_sockets_have_the_same_outcome(TestedKernel kernel) =>
        Compare(kernel, SocketProgram.Kinds, 40, (w, steps) =>
        {
            string outcome = string.Empty;
            w.Drive(async () => outcome = await SocketProgram.RunAsync(w, steps));
            return outcome;
        });

    [Theory]
    [EveryKernel]
    public void Programs_of_waits_and_cancels_have_the_same_outcome(TestedKernel kernel) =>
        Compare(kernel, CancelProgram.Kinds, 40, CancelProgram.Run);

    private static void Compare(TestedKernel kernel, int kinds, int length, Func<World, IReadOnlyList<Step>, string> run)
    {
        Gen<Step> step = Gen.Select(Gen.Int[0, kinds - 1], Gen.Int[0, 3], Gen.Int[0, 6], Gen.Int[0, 6], Gen.Int[0, 9000], (k, s, f, t, n) => new Step(k, s, f, t, n));
        step.Array[1, length].Sample(
            steps =>
            {
                string expected = Outcome(TestedKernel.IoUring, Small, steps, run)[0];
                Assert.All(Outcome(kernel, Tiny, steps, run), actual => Assert.Equal(expected, actual));
            },
            iter: Programs,
            threads: 1,
            print: steps => string.Join(", ", steps));
    }

    private static List<string> Outcome(TestedKernel kernel, EventLoopOptions options, Step[] steps, Func<World, IReadOnlyList<Step>, string> run)
    {
        List<string> outcomes = [];
        KernelUnderTest.Get(kernel).Run(new Scenario("A program", options)
        {
            Polling = w => outcomes.Add(run(w, steps)),
            SeedsAtMost = SeedsOfEach,
        });
        return outcomes;
    }
}
