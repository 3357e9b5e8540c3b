namespace Dispatch.Tests;

/// <summary>The same random programs through the kernel's own interface and through <see cref="AioContext"/>: the same results.</summary>
public sealed class AioProgramTests
{
    /// <summary>Gets the seeds.</summary>
    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 20)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void A_random_program_has_the_results_of_the_kernels_own_interface(int seed)
    {
        const int Batches = 40;
        IReadOnlyList<string> expected;
        using (KernelAio kernel = new())
        {
            using AioProgram program = new(kernel, seed);
            expected = program.Run(Batches);
        }

        IReadOnlyList<string> actual = [];
        OnLoop.Poll(loop =>
        {
            AioContext context = new(loop);
            using AioProgram program = new(new LoopAio(loop, context), seed);
            actual = program.Run(Batches);
        });
        for (int line = 0; line < expected.Count; line++)
        {
            string before = string.Join('\n', expected.Skip(Math.Max(0, line - 10)).Take(Math.Min(10, line)));
            Assert.True(expected[line] == actual[line], $"{before}\nkernel: {expected[line]}\nloop:   {actual[line]}");
        }
    }
}
