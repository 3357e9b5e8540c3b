using System.Buffers;

namespace Dispatch;

/// <summary>
/// A buffer that the kernel has mapped once and for all, of one loop: reads and writes with it save the mapping for each request. Page-aligned, so it serves O_DIRECT.
/// Dispose it to give it back to its pool; a request that still uses it keeps it until its completion.
/// </summary>
public sealed class RegisteredBuffer : MemoryManager<byte>
{
    private bool rented;
    private int pins;

    internal RegisteredBuffer(RegisteredBufferPool pool, nint address, ushort index, int length)
    {
        Pool = pool;
        Address = address;
        Index = index;
        Length = length;
    }

    /// <summary>Gets the size in bytes.</summary>
    public int Length { get; }

    internal RegisteredBufferPool Pool { get; }

    internal nint Address { get; }

    internal ushort Index { get; }

    /// <inheritdoc/>
    public override unsafe Span<byte> GetSpan()
    {
        ObjectDisposedException.ThrowIf(!rented, this);
        return new Span<byte>((void*)Address, Length);
    }

    /// <inheritdoc/>
    public override unsafe MemoryHandle Pin(int elementIndex = 0)
    {
        ObjectDisposedException.ThrowIf(!rented, this);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)elementIndex, (uint)Length, nameof(elementIndex));
        Interlocked.Increment(ref pins);
        return new MemoryHandle((byte*)Address + elementIndex, default, this);
    }

    /// <inheritdoc/>
    public override void Unpin()
    {
        if (Interlocked.Decrement(ref pins) == 0 && !rented)
        {
            Pool.Return(this);
        }
    }

    internal void OnRented() => rented = true;

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (rented)
        {
            rented = false;
            if (Volatile.Read(ref pins) == 0)
            {
                Pool.Return(this); // Else the request that has it pinned returns it, when the kernel is through with it.
            }
        }
    }
}
