using System.Buffers;

namespace Dispatch.Reactive;

/// <summary>
/// Received bytes in pooled memory of their own: what may be kept, delayed, buffered and handed to another thread. <see cref="MemoryManager{T}.Memory"/> and <see cref="GetSpan"/> work on any thread until it is disposed; after that every access through
/// them throws.
/// </summary>
/// <remarks>
/// Disposing gives the memory back to the pool, for the next copy; it waits for those who have it pinned (a send that is under way). One that is forgotten costs the pool an array and is collected like any other object, so what
/// goes to many takers need not be counted.
/// </remarks>
public sealed class CopiedBytes : MemoryManager<byte>
{
    private readonly byte[] bytes;
    private readonly int length;
    private int disposed;

    /// <summary>Who holds the array: its owner, and whoever has it pinned. The last one gives it back.</summary>
    private int holds = 1;

    private CopiedBytes(byte[] bytes, int length)
    {
        this.bytes = bytes;
        this.length = length;
    }

    /// <summary>Gets the number of bytes. Any thread.</summary>
    public int Length => length;

    /// <summary>Gets the bytes. Any thread.</summary>
    /// <exception cref="ObjectDisposedException">It has been disposed.</exception>
    public ReadOnlySpan<byte> Span => GetSpan();

    /// <summary>Copies bytes into pooled memory. Any thread.</summary>
    /// <param name="source">The bytes.</param>
    /// <returns>The copy; dispose it, or forget it.</returns>
    public static CopiedBytes Of(ReadOnlySpan<byte> source)
    {
        byte[] rented = ArrayPool<byte>.Shared.Rent(source.Length);
        source.CopyTo(rented);
        return new CopiedBytes(rented, source.Length);
    }

    /// <inheritdoc/>
    public override Span<byte> GetSpan()
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref disposed) != 0, this);
        return bytes.AsSpan(0, length);
    }

    /// <inheritdoc/>
    public override unsafe MemoryHandle Pin(int elementIndex = 0)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)elementIndex, (uint)length, nameof(elementIndex));
        int seen = Volatile.Read(ref holds);
        while (true)
        {
            ObjectDisposedException.ThrowIf(seen == 0 || Volatile.Read(ref disposed) != 0, this);
            int found = Interlocked.CompareExchange(ref holds, seen + 1, seen);
            if (found == seen)
            {
                break;
            }

            seen = found;
        }

        System.Runtime.InteropServices.GCHandle handle = System.Runtime.InteropServices.GCHandle.Alloc(bytes, System.Runtime.InteropServices.GCHandleType.Pinned);
        byte* address = (byte*)handle.AddrOfPinnedObject() + elementIndex;
        return new MemoryHandle(address, handle, this);
    }

    /// <inheritdoc/>
    public override void Unpin() => ReleaseHold();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (Interlocked.Exchange(ref disposed, 1) == 0)
        {
            ReleaseHold();
        }
    }

    private void ReleaseHold()
    {
        if (Interlocked.Decrement(ref holds) == 0)
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }
}
