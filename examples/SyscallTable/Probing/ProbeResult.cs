namespace Dispatch.Examples.SyscallTable.Probing;

/// <summary>What came of one probe.</summary>
/// <param name="Operation">The operation, as the kernel calls it.</param>
/// <param name="Made">What was made.</param>
/// <param name="Where">Where it ran.</param>
/// <param name="Result">Its result, or the errno.</param>
internal sealed record ProbeResult(string Operation, string Made, RunPlace Where, string Result);
