using System.Buffers;
using System.Runtime.InteropServices;

namespace Dispatch;

/// <summary>A block of unmanaged memory that begins on a page: for O_DIRECT, and for buffers that are in use all the time, since it needs no pinning. Any thread. Dispose it: nothing else frees it.</summary>
public sealed unsafe class AlignedMemory : MemoryManager<byte>
{
    private readonly int length;
    private byte* address;
    private int pins;
    private bool disposed;

    private AlignedMemory(int length)
    {
        this.length = length;
        address = (byte*)NativeMemory.AlignedAlloc((nuint)length, (nuint)Environment.SystemPageSize);
        NativeMemory.Clear(address, (nuint)length);
        GC.AddMemoryPressure(length);
    }

    /// <summary>Gets where the block begins. It must not be used after the block was disposed.</summary>
    public nint Address => (nint)address;

    /// <summary>Allocates a zeroed block.</summary>
    /// <param name="length">Bytes.</param>
    /// <returns>The block; dispose it.</returns>
    public static AlignedMemory Allocate(int length)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 1);
        return new AlignedMemory(length);
    }

    /// <inheritdoc/>
    public override Span<byte> GetSpan()
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        return new Span<byte>(address, length);
    }

    /// <inheritdoc/>
    public override MemoryHandle Pin(int elementIndex = 0)
    {
        lock (this)
        {
            ObjectDisposedException.ThrowIf(disposed, this);
            ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)elementIndex, (uint)length, nameof(elementIndex));
            pins++;
            return new MemoryHandle(address + elementIndex, default, this);
        }
    }

    /// <inheritdoc/>
    public override void Unpin()
    {
        lock (this)
        {
            pins--;
            FreeIfUnused();
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        lock (this)
        {
            disposed = true;
            FreeIfUnused();
        }
    }

    /// <summary>A request in flight has the block pinned: the memory goes when the last one has ended, not before.</summary>
    private void FreeIfUnused()
    {
        if (disposed && pins == 0)
        {
            Free();
        }
    }

    private void Free()
    {
        if (address != null)
        {
            NativeMemory.AlignedFree(address);
            address = null;
            GC.RemoveMemoryPressure(length);
        }
    }
}
