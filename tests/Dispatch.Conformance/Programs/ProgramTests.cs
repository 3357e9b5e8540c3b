namespace Dispatch.Conformance.Programs;

/// <summary>
/// Random programs of requests have the same outcome on every kernel. What io_uring answers is right: the simulated kernel is checked against it, and Linux AIO is. io_uring itself is checked against
/// its own answer through queues that are full all the time. A failure names the program's seed, its steps, and the first line that differs.
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
        for (int i = 0; i < Programs; i++)
        {
            // The same programs in every test run; a long run goes on with others.
            int seed = (int)SeedPlan.Current.First + i;
            Random random = new(seed);
            Step[] steps = new Step[random.Next(1, length + 1)];
            for (int j = 0; j < steps.Length; j++)
            {
                steps[j] = new Step(random.Next(kinds), random.Next(4), random.Next(7), random.Next(7), random.Next(9001));
            }

            string expected = Outcome(TestedKernel.IoUring, Small, steps, run)[0];
            string? actual = Outcome(kernel, Tiny, steps, run).Find(o => o != expected);
            if (actual is not null)
            {
                Assert.Fail($"Program {seed}: {string.Join(", ", steps)}\n{FirstDifference(expected, actual)}");
            }
        }
    }

    private static string FirstDifference(string expected, string actual)
    {
        string[] wanted = expected.Split('\n');
        string[] got = actual.Split('\n');
        int at = 0;
        while (at < wanted.Length && at < got.Length && wanted[at] == got[at])
        {
            at++;
        }

        return $"After the same {at} lines, io_uring: {wanted.ElementAtOrDefault(at)}; here: {got.ElementAtOrDefault(at)}";
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
