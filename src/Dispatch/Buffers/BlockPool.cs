using System.Collections.Concurrent;

namespace Dispatch;

/// <summary>
/// The idle memory blocks of a loop: what writers fill and the loop sends. Few are kept while few suffice. Owner thread only, but for the static members, which serve writers on other threads out of what loops have
/// left over.
/// </summary>
internal sealed class BlockPool
{
    /// <summary>The size of a block in bytes.</summary>
    public const int BlockBytes = 4096;

    private const int MostKept = 256;
    private const int MostShared = 1024;

    /// <summary>Without a lock: a loop must not wait for a thread that was preempted while it held one.</summary>
    private static readonly ConcurrentQueue<MemoryBlock> Shared = new();
    private static int sharedCount;
    private readonly Stack<MemoryBlock> mine = new();

    /// <summary>Takes a block for a writer on any thread. One that has to be larger than usual is made for this use.</summary>
    /// <param name="atLeast">How many bytes have to fit.</param>
    public static MemoryBlock RentAnywhere(int atLeast)
    {
        if (atLeast > BlockBytes)
        {
            return new MemoryBlock(atLeast);
        }

        if (!Shared.TryDequeue(out MemoryBlock? block))
        {
            return new MemoryBlock(BlockBytes);
        }

        Interlocked.Decrement(ref sharedCount);
        return block;
    }

    /// <summary>Takes a block back on any thread.</summary>
    public static void ReturnAnywhere(MemoryBlock block)
    {
        block.Next = null;
        block.Length = 0;
        if (block.Bytes.Length != BlockBytes)
        {
            return;
        }

        if (Interlocked.Increment(ref sharedCount) <= MostShared)
        {
            Shared.Enqueue(block);
        }
        else
        {
            Interlocked.Decrement(ref sharedCount); // The collector takes it.
        }
    }

    /// <summary>Takes a block.</summary>
    /// <param name="atLeast">How many bytes have to fit.</param>
    public MemoryBlock Rent(int atLeast) => atLeast <= BlockBytes && mine.TryPop(out MemoryBlock? block) ? block : RentAnywhere(atLeast);

    /// <summary>Takes a block back.</summary>
    public void Return(MemoryBlock block)
    {
        if (block.Bytes.Length != BlockBytes || mine.Count >= MostKept)
        {
            ReturnAnywhere(block);
            return;
        }

        block.Next = null;
        block.Length = 0;
        mine.Push(block);
    }
}
