using System.Runtime.CompilerServices;

namespace Dispatch.Conformance;

/// <summary>What the classes of the suite share: a test says on which kernel it runs, and what it does there.</summary>
public abstract class KernelTests
{
    /// <summary>Gets the options of a small loop, which is all that most tests need.</summary>
    protected static EventLoopOptions Small => new() { SubmissionEntries = 64, CompletionEntries = 256 };

    /// <summary>Gets the options of a loop whose queues are full at once.</summary>
    protected static EventLoopOptions Tiny => new() { SubmissionEntries = 4, CompletionEntries = 16 };

    /// <summary>Runs an asynchronous scenario on the loop of a world.</summary>
    protected static void Run(
        TestedKernel kernel,
        Func<World, Task> body,
        EventLoopOptions? options = null,
        Tolerance tolerates = Tolerance.None,
        bool expectsFaults = false,
        bool hasThreads = false,
        [CallerMemberName] string name = "") =>
        KernelUnderTest.Get(kernel).Run(new Scenario(name, options ?? Small)
        {
            Awaiting = body,
            Tolerates = tolerates,
            ExpectsFaults = expectsFaults,
            HasThreads = hasThreads,
        });

    /// <summary>Runs a scenario that polls its loop by itself.</summary>
    protected static void Poll(
        TestedKernel kernel,
        Action<World> body,
        EventLoopOptions? options = null,
        Tolerance tolerates = Tolerance.None,
        bool expectsFaults = false,
        bool hasThreads = false,
        [CallerMemberName] string name = "") =>
        KernelUnderTest.Get(kernel).Run(new Scenario(name, options ?? Small)
        {
            Polling = body,
            Tolerates = tolerates,
            ExpectsFaults = expectsFaults,
            HasThreads = hasThreads,
        });
}
