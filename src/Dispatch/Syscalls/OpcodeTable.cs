namespace Dispatch;

/// <summary>What is known of each opcode: the one place for names, man pages and kernels. The rows are generated from opcodes.tsv; a test compares the two.</summary>
internal static partial class OpcodeTable
{
    /// <summary>Gets all rows, in the order of the opcodes.</summary>
    public static ReadOnlySpan<OpcodeFacts> All => Rows;

    /// <summary>Gets the row of an opcode.</summary>
    public static ref readonly OpcodeFacts Of(Opcode opcode) => ref Rows[(int)opcode];

    /// <summary>Explains that the kernel of a loop lacks an opcode.</summary>
    /// <param name="opcode">The opcode.</param>
    /// <param name="ring">The loop's kernel.</param>
    /// <param name="loop">The loop's name.</param>
    public static PlatformNotSupportedException Lacks(Opcode opcode, KernelRing ring, string loop)
    {
        OpcodeFacts facts = Of(opcode);
        string seam = ring.Description.Kind switch
        {
            KernelKind.IoUring => $"io_uring of Linux {Environment.OSVersion.Version.ToString(2)}",
            KernelKind.LinuxAio => "Linux AIO",
            _ => "a simulated kernel",
        };
        string remedy = facts.Lacking.Length == 0 ? string.Empty : $" {facts.Lacking}";
        return new PlatformNotSupportedException($"{facts.Call} (IORING_OP_{Spelled(opcode)}) needs io_uring of Linux {facts.Kernel} or newer; {loop} runs on {seam}, which does not have it.{remedy}");
    }

    private static string Spelled(Opcode opcode) => string.Concat(opcode.ToString().Select((c, i) => i != 0 && char.IsUpper(c) ? $"_{c}" : $"{char.ToUpperInvariant(c)}"));
}
