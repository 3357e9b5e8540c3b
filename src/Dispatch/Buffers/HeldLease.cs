using System.Diagnostics;

namespace Dispatch;

/// <summary>A receive buffer that somebody holds: a lease that was not disposed, or a retained buffer.</summary>
/// <param name="IsRetained">Whether it was retained (<see cref="BufferLease.Retain"/>); else it is a lease.</param>
/// <param name="Bytes">How many bytes of data it has.</param>
/// <param name="TakenAt">The stack of the code that took it.</param>
public sealed record HeldLease(bool IsRetained, int Bytes, StackTrace TakenAt)
{
    /// <summary>Describes it, with the stack.</summary>
    /// <returns>Several lines.</returns>
    public override string ToString() => $"{(IsRetained ? "A retained buffer" : "A lease")} of {Bytes} bytes, not disposed. It was taken{Environment.NewLine}{TakenAt}";
}
