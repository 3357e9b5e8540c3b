using System.Buffers;

namespace Dispatch;

/// <summary>
/// A lease as <see cref="Memory{T}"/>, for a reader's sequence. Every access goes through the lease, so it throws once that has ended. Pooled: memory that is kept beyond the reader's AdvanceTo may show later data,
/// as with every pipe; a pin keeps the buffer that it was made on.
/// </summary>
internal sealed class LeaseMemory : MemoryManager<byte>
{
    /// <summary>Gets or sets the lease.</summary>
    public BufferLease Lease { get; set; }

    /// <summary>Gets the memory of the whole lease.</summary>
    public Memory<byte> Whole => CreateMemory(Lease.Length);

    /// <inheritdoc/>
    public override unsafe Span<byte> GetSpan()
    {
        BufferLease lease = Lease;
        ObjectDisposedException.ThrowIf(lease.Pool is null, typeof(BufferLease));
        return new Span<byte>((void*)lease.Address, lease.Length);
    }

    /// <inheritdoc/>
    public override MemoryHandle Pin(int elementIndex = 0)
    {
        BufferLease lease = Lease;
        ObjectDisposedException.ThrowIf(lease.Pool is null, typeof(BufferLease));
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)elementIndex, (uint)lease.Length, nameof(elementIndex));
        return lease.Pin(elementIndex);
    }

    /// <inheritdoc/>
    public override void Unpin()
    {
        // Each pin is ended by the buffer's own.
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
    }
}
