using System.Runtime.InteropServices;

namespace Dispatch;

/// <summary><c>struct io_event</c> of <c>linux/aio_abi.h</c>: the end of one request, in the kernel's own layout (32 bytes).</summary>
/// <param name="Data">The request's <see cref="AioControlBlock.Data"/>.</param>
/// <param name="Block">The address of the request's control block.</param>
/// <param name="Result">Bytes, or the events of a poll, or a negative errno.</param>
/// <param name="Result2">0, as the kernel's.</param>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct AioEvent(ulong Data, ulong Block, long Result, long Result2);
