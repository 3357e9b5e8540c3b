namespace Dispatch;

/// <summary>What is known of an opcode: a row of opcodes.tsv.</summary>
/// <param name="Opcode">The opcode.</param>
/// <param name="Call">The name of the call behind it, for messages.</param>
/// <param name="Factories">The factories of <see cref="IoRequest"/> that make such requests, with the kernel after a colon where one needs a later one than the opcode does.</param>
/// <param name="Man">Its man pages.</param>
/// <param name="Kernel">The first kernel that has it.</param>
/// <param name="Lacking">What to do where the kernel lacks it; empty where every kernel that Dispatch runs on has it.</param>
/// <param name="Runs">Where it runs on Linux 6.18: inline at submit, asynchronously, on a kernel worker.</param>
internal readonly record struct OpcodeFacts(Opcode Opcode, string Call, string Factories, string Man, string Kernel, string Lacking, string Runs)
{
    /// <summary>Gets the names of the factories, and the first kernel that each one works on.</summary>
    public IEnumerable<(string Name, string Kernel)> FactoryNames
    {
        get
        {
            foreach (string factory in Factories.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            {
                int colon = factory.IndexOf(':', StringComparison.Ordinal);
                yield return colon < 0 ? (factory, Kernel) : (factory[..colon], factory[(colon + 1)..]);
            }
        }
    }
}
