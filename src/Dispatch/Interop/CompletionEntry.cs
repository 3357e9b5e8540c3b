using System.Runtime.InteropServices;

namespace Dispatch;

/// <summary>The kernel's <c>struct io_uring_cqe</c>, 16 bytes: what every kernel behind the seam posts.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct CompletionEntry
{
    public ulong UserData;

    public int Result;

    public uint Flags;
}
