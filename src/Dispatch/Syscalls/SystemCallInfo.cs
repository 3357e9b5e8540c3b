namespace Dispatch;

/// <summary>What the safety table says of one system call of this architecture; the table as a page is <c>SAFETY.md</c> beside the source. Immutable, any thread.</summary>
/// <param name="Number">The number on this architecture.</param>
/// <param name="Name">The name as the kernel has it: that of the man page in section 2, mostly.</param>
/// <param name="Class">What is done with it.</param>
/// <param name="CanWaitForEver">Whether it can wait for ever, for somebody else: such calls have workers of their own.</param>
/// <param name="Interruption">What a cancel does to it.</param>
/// <param name="MakesDescriptor">Whether the result is a descriptor, which is closed when nobody is left to take it.</param>
/// <param name="Context">What it is about besides its arguments.</param>
/// <param name="Reason">Why it is in its class.</param>
public sealed record SystemCallInfo(
    int Number,
    string Name,
    SystemCallClass Class,
    bool CanWaitForEver,
    SystemCallInterruption Interruption,
    bool MakesDescriptor,
    SystemCallContext Context,
    string Reason)
{
    /// <summary>Gets all of them, by number.</summary>
    public static IReadOnlyList<SystemCallInfo> All { get; } = [.. Enumerable.Range(0, SystemCallTable.End).Select(n => Find(n)).OfType<SystemCallInfo>()];

    /// <summary>Finds a call by its number, or returns null when Linux 6.18 has none of that number here.</summary>
    /// <param name="number">The number.</param>
    /// <returns>What the table says, or null.</returns>
    public static SystemCallInfo? Find(long number) => SystemCallTable.TryFind(number, out SystemCallFacts facts)
        ? new SystemCallInfo((int)number, facts.Name, facts.Class, facts.CanWaitForEver, facts.Interruption, facts.MakesDescriptor, facts.Context, facts.Reason)
        : null;
}
