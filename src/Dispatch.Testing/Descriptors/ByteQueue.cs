namespace Dispatch.Testing;

/// <summary>Bytes in order: a ring that grows.</summary>
internal sealed class ByteQueue
{
    private byte[] ring = [];
    private int head;

    /// <summary>Gets the number of bytes.</summary>
    public int Count { get; private set; }

    /// <summary>Adds bytes at the end.</summary>
    public void Write(ReadOnlySpan<byte> source)
    {
        Reserve(Count + source.Length);
        int tail = (head + Count) & (ring.Length - 1);
        int first = Math.Min(source.Length, ring.Length - tail);
        source[..first].CopyTo(ring.AsSpan(tail));
        source[first..].CopyTo(ring);
        Count += source.Length;
    }

    /// <summary>Copies the oldest bytes, of which there are as many.</summary>
    public void Peek(Span<byte> destination)
    {
        int first = Math.Min(destination.Length, ring.Length - head);
        ring.AsSpan(head, first).CopyTo(destination);
        ring.AsSpan(0, destination.Length - first).CopyTo(destination[first..]);
    }

    /// <summary>Drops the oldest bytes.</summary>
    public void Drop(int bytes)
    {
        Count -= bytes;
        head = Count == 0 ? 0 : (head + bytes) & (ring.Length - 1);
    }

    /// <summary>Drops everything.</summary>
    public void Clear() => Drop(Count);

    private void Reserve(int bytes)
    {
        if (bytes <= ring.Length)
        {
            return;
        }

        byte[] larger = new byte[(int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Math.Max(bytes, 256))];
        Peek(larger.AsSpan(0, Count));
        ring = larger;
        head = 0;
    }
}
