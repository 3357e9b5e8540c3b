namespace Dispatch.Examples.SyscallTable.Probing;

/// <summary>One operation: what is made of it, and how its entry is filled in. Null where there is nothing that could be made here.</summary>
/// <param name="Number">The kernel's number of it.</param>
/// <param name="Name">The kernel's name of it.</param>
/// <param name="Made">What is made.</param>
/// <param name="Fill">Fills the entry in; the opcode is there.</param>
/// <param name="Follow">What ends a wait, done when the submit has not completed it.</param>
internal sealed record OperationProbe(byte Number, string Name, string Made, Action<ProbeEntry, ProbeWorld>? Fill, Action<ProbeWorld>? Follow = null);
