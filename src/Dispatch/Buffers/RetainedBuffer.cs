using System.Buffers;

namespace Dispatch;

/// <summary>
/// A receive buffer kept beyond its lease. <see cref="MemoryManager{T}.Memory"/> may be used on any thread until it is disposed; after that every access through it throws.
/// </summary>
public sealed class RetainedBuffer : MemoryManager<byte>
{
    private readonly BufferPool? pool;
    private readonly int id;
    private readonly int offset;
    private readonly int length;
    private readonly HeldLease? tracked;
    private int disposed;

    internal RetainedBuffer(BufferPool? pool, int id, int offset, int length, HeldLease? tracked = null)
    {
        this.tracked = tracked;
        this.pool = pool;
        this.id = id;
        this.offset = offset;
        this.length = length;
    }

    internal static RetainedBuffer Empty { get; } = new(null, 0, 0, 0);

    /// <inheritdoc/>
    public override unsafe Span<byte> GetSpan()
    {
        if (pool is null)
        {
            return default;
        }

        ObjectDisposedException.ThrowIf(Volatile.Read(ref disposed) != 0, this);
        return new Span<byte>((byte*)pool.AddressHeld(id) + offset, length);
    }

    /// <inheritdoc/>
    public override unsafe MemoryHandle Pin(int elementIndex = 0)
    {
        if (pool is null)
        {
            return default;
        }

        ObjectDisposedException.ThrowIf(Volatile.Read(ref disposed) != 0, this);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)elementIndex, (uint)length, nameof(elementIndex));
        pool.Hold(id); // A request that pins it keeps it, whatever is disposed meanwhile.
        return new MemoryHandle((byte*)pool.AddressHeld(id) + offset + elementIndex, default, this);
    }

    /// <inheritdoc/>
    public override void Unpin() => pool?.ReleaseHold(id);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (pool is not null && Interlocked.Exchange(ref disposed, 1) == 0)
        {
            if (tracked is not null)
            {
                pool.Leases!.OnReleased(tracked);
            }

            pool.ReleaseHold(id);
        }
    }
}
