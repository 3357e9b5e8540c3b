using System.Runtime.CompilerServices;

namespace Dispatch;

/// <summary>
/// Received data in a buffer that the kernel wrote it to: no copy was made. Valid until it is disposed; every access checks that, in release builds too, and throws
/// when the buffer has gone back.
/// </summary>
/// <remarks>
/// From an awaited receive: dispose it when the data was read. In <c>OnNext</c>: it ends when <c>OnNext</c> returns. To keep the data longer, <see cref="Retain"/> it or copy it.
/// Reading works on any thread while the lease is held.
/// </remarks>
public readonly struct BufferLease : IDisposable, IEquatable<BufferLease>
{
    private readonly BufferPool? pool;
    private readonly int id;
    private readonly uint generation;
    private readonly int offset;
    private readonly int length;

    internal BufferLease(BufferPool pool, int id, uint generation, int offset, int length)
    {
        this.offset = offset;
        this.pool = pool;
        this.id = id;
        this.generation = generation;
        this.length = length;
    }

    /// <summary>Gets the number of bytes.</summary>
    public int Length => length;

    /// <summary>Gets a value indicating whether there is no data: the peer has finished sending.</summary>
    public bool IsEmpty => length == 0;

    /// <summary>Gets the data. Throws <see cref="ObjectDisposedException"/> when the lease has ended.</summary>
    public unsafe ReadOnlySpan<byte> Span
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => pool is null ? default : new ReadOnlySpan<byte>((byte*)pool.AddressOf(id, generation) + offset, length);
    }

    internal BufferPool? Pool => pool;

    /// <summary>Gets where the data is. Throws when the lease has ended.</summary>
    internal nint Address => pool is null ? 0 : pool.AddressOf(id, generation) + offset;

    /// <summary>Compares two leases.</summary>
    /// <param name="left">One.</param>
    /// <param name="right">The other.</param>
    /// <returns>Whether they are the same lease.</returns>
    public static bool operator ==(BufferLease left, BufferLease right) => left.Equals(right);

    /// <summary>Compares two leases.</summary>
    /// <param name="left">One.</param>
    /// <param name="right">The other.</param>
    /// <returns>Whether they are different leases.</returns>
    public static bool operator !=(BufferLease left, BufferLease right) => !left.Equals(right);

    /// <summary>
    /// Keeps the buffer beyond the lease, as <see cref="Memory{T}"/>. The buffer is out of the pool until the result is disposed, so keep few and not for long.
    /// </summary>
    /// <returns>The retained buffer; dispose it, from any thread.</returns>
    public RetainedBuffer Retain()
    {
        if (pool is null)
        {
            return RetainedBuffer.Empty;
        }

        pool.Hold(id, generation);
        return new RetainedBuffer(pool, id, offset, length, pool.Leases?.OnRetained(length));
    }

    /// <summary>
    /// The same lease without its first bytes, for what is left after a short send or a message that was read. It is no second lease: disposing either ends both.
    /// </summary>
    /// <param name="start">How many bytes to leave out; up to <see cref="Length"/>.</param>
    /// <returns>The rest.</returns>
    public BufferLease Slice(int start)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)start, (uint)length, nameof(start));
        return pool is null ? this : Skip(start);
    }

    /// <summary>Copies the data into an array of its own.</summary>
    /// <returns>The copy.</returns>
    public byte[] ToArray() => Span.ToArray();

    /// <summary>Ends the lease: the buffer goes back to the kernel, unless it was retained. Doing it twice does nothing.</summary>
    public void Dispose() => pool?.EndLease(id, generation);

    /// <inheritdoc/>
    public bool Equals(BufferLease other) => ReferenceEquals(pool, other.pool) && id == other.id && generation == other.generation;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is BufferLease other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(id, generation);

    /// <summary>A user takes it: whoever looks for forgotten leases wants to know where.</summary>
    internal BufferLease Taken()
    {
        pool?.Leases?.OnTaken(pool, id, generation, length);
        return this;
    }

    /// <summary>The same lease without its first bytes.</summary>
    internal BufferLease Skip(int count) => new(pool!, id, generation, offset + count, length - count);

    /// <summary>Pins it for as long as the result is not disposed, beyond the lease's end if need be.</summary>
    internal System.Buffers.MemoryHandle Pin(int index) => pool!.Pin(id, generation, offset + index);

    /// <summary>The same data in memory that belongs to no loop. This lease ends.</summary>
    internal BufferLease Detach()
    {
        BufferLease copy = BufferPool.Copy(Span);
        Dispose();
        return copy;
    }

    /// <summary>Adds a holder for the life of a request that sends from the buffer; the request ends it with <see cref="BufferPool.ReleaseHold"/>.</summary>
    internal nint Hold(out int heldId)
    {
        pool!.Hold(id, generation);
        heldId = id;
        return pool.AddressHeld(id) + offset;
    }
}
