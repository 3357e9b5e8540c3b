using System.Buffers;

namespace Dispatch;

/// <summary>
/// A buffer that the kernel has mapped once and for all, of one loop: reads and writes with it save the mapping for each request. Page-aligned, so it serves O_DIRECT.
/// Dispose it to give it back to its pool, after the requests on it have completed.
/// </summary>
public sealed class RegisteredBuffer : MemoryManager<byte>
{
    private bool rented;

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
        return new MemoryHandle((byte*)Address + elementIndex);
    }

    /// <inheritdoc/>
    public override void Unpin()
    {
    }

    internal void OnRented() => rented = true;

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (rented)
        {
            rented = false;
            Pool.Return(this);
        }
    }
}
