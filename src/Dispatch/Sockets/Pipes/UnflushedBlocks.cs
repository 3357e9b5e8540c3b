namespace Dispatch;

/// <summary>What was written to a connection's writer and not flushed: blocks of memory, each filled before the next. The writer's, whose thread that may be.</summary>
internal struct UnflushedBlocks
{
    private MemoryBlock? head;
    private MemoryBlock? tail;

    /// <summary>Gets the number of bytes.</summary>
    public long Bytes { get; private set; }

    /// <summary>Gives blocks back that nobody will send. Any thread.</summary>
    public static void Discard(MemoryBlock? first)
    {
        while (first is { } block)
        {
            first = block.Next;
            BlockPool.ReturnAnywhere(block);
        }
    }

    /// <summary>Gets the block to write to, which has room for so many bytes, and for one at the least.</summary>
    public MemoryBlock BlockFor(LoopEngine engine, int sizeHint)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(sizeHint);
        int atLeast = Math.Max(sizeHint, 1);
        if (tail is { } present && present.Room >= atLeast)
        {
            return present;
        }

        MemoryBlock block = engine.IsOwner ? engine.Blocks.Rent(atLeast) : BlockPool.RentAnywhere(atLeast);
        if (tail is null)
        {
            head = block;
        }
        else
        {
            tail.Next = block;
        }

        return tail = block;
    }

    /// <summary>So many bytes were written to the last block.</summary>
    public void Advance(int bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        int room = tail?.Room ?? 0;
        if (bytes > room)
        {
            throw new ArgumentOutOfRangeException(nameof(bytes), bytes, $"The memory that was asked for last has room for {room} bytes.");
        }

        if (bytes != 0)
        {
            tail!.Length += bytes;
            Bytes += bytes;
        }
    }

    /// <summary>Takes them all; null when nothing was written. What was asked for and not written to stays for the next write.</summary>
    public MemoryBlock? TakeAll(out MemoryBlock? last, out long bytes)
    {
        bytes = Bytes;
        if (bytes == 0)
        {
            last = null;
            return null;
        }

        MemoryBlock? first = head;
        last = tail;
        this = default;
        return first;
    }

    /// <summary>Takes back what was refused.</summary>
    public void PutBack(MemoryBlock? first, MemoryBlock? last, long bytes) => (head, tail, Bytes) = (first, last, bytes);

    /// <summary>Gives everything back that is still there.</summary>
    public void Drop()
    {
        Discard(head);
        this = default;
    }
}
