using System.Buffers;

namespace Dispatch;

/// <summary>
/// A buffer that the kernel has mapped once and for all, of one loop: reads and writes with it save the mapping for each request. Page-aligned, so it serves O_DIRECT.
/// Dispose it to give it back to its pool; a request that still uses it keeps it until its completion.
/// </summary>
public sealed class RegisteredBuffer : MemoryManager<byte>
{
    private int rented;
    private int references;

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
        ObjectDisposedException.ThrowIf(Volatile.Read(ref rented) == 0, this);
        return new Span<byte>((void*)Address, Length);
    }

    /// <inheritdoc/>
    public override unsafe MemoryHandle Pin(int elementIndex = 0)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)elementIndex, (uint)Length, nameof(elementIndex));
        int seen;
        do
        {
            seen = Volatile.Read(ref references);
            ObjectDisposedException.ThrowIf(seen == 0 || Volatile.Read(ref rented) == 0, this); // Only next to a holder: without one it is back in its pool.
        }
        while (Interlocked.CompareExchange(ref references, seen + 1, seen) != seen);
        return new MemoryHandle((byte*)Address + elementIndex, default, this);
    }

    /// <inheritdoc/>
    public override void Unpin()
    {
        if (Interlocked.Decrement(ref references) == 0)
        {
            Pool.Return(this); // The last of the renter and the requests that have it pinned.
        }
    }

    internal void OnRented()
    {
        references = 1;
        Volatile.Write(ref rented, 1);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (Interlocked.Exchange(ref rented, 0) != 0)
        {
            Unpin();
        }
    }
}
