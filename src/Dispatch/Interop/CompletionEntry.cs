using System.Runtime.InteropServices;

namespace Dispatch;

/// <summary>The kernel's <c>struct io_uring_cqe</c>, 16 bytes: what every kernel behind the seam posts.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct CompletionEntry
{
    /// <summary>Marks, among the flags, what no ring has posted: the result of a system call, whose 64 bits are in the place of the tag.</summary>
    public const uint CallFlag = 1u << 13;

    public ulong UserData;

    public int Result;

    public uint Flags;

    /// <summary>Makes the completion of a system call that a worker has made. It is handed to its operation and not looked up, so that it needs no tag.</summary>
    public static CompletionEntry OfCall(long result) => new() { UserData = (ulong)result, Result = (int)Math.Clamp(result, int.MinValue, int.MaxValue), Flags = CallFlag };
}
