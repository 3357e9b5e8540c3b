namespace Dispatch.Conformance;

/// <summary>A test's body and the loop that it wants, to be run on a kernel as often as that kernel needs.</summary>
internal sealed record Scenario(string Name, EventLoopOptions Options)
{
    /// <summary>Gets the body of a scenario that awaits on its loop; null when it polls.</summary>
    public Func<World, Task>? Awaiting { get; init; }

    /// <summary>Gets the body of a scenario that polls its loop by itself; null when it awaits.</summary>
    public Action<World>? Polling { get; init; }

    /// <summary>Gets which faults of its own a kernel that has any may add.</summary>
    public Tolerance Tolerates { get; init; }

    /// <summary>Gets on how many seeds it runs at most, where there are seeds; 0 for as many as asked for.</summary>
    public int SeedsAtMost { get; init; }

    /// <summary>Gets a value indicating whether threads of the test's own take part.</summary>
    public bool HasThreads { get; init; }

    /// <summary>Gets a value indicating whether exceptions that reach the loop's policy are part of the test.</summary>
    public bool ExpectsFaults { get; init; }
}
