using System.Buffers;

namespace Dispatch.Tests;

/// <summary>Memory that counts who has it pinned.</summary>
internal sealed class WatchedMemory(int length) : MemoryManager<byte>
{
    private readonly byte[] bytes = GC.AllocateArray<byte>(length, pinned: true);
    private int pins;

    public int Pins => Volatile.Read(ref pins);

    public override Span<byte> GetSpan() => bytes;

    public override unsafe MemoryHandle Pin(int elementIndex = 0)
    {
        Interlocked.Increment(ref pins);
        return new MemoryHandle(System.Runtime.CompilerServices.Unsafe.AsPointer(ref bytes[elementIndex]), pinnable: this);
    }

    public override void Unpin() => Interlocked.Decrement(ref pins);

    protected override void Dispose(bool disposing)
    {
    }
}
