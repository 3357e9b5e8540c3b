namespace Dispatch;

/// <summary>
/// The idle memory blocks of a loop: what writers fill and the loop sends. Of two sizes, as blocks are pinned and it is the whole heap that is collected for one that was made for a single use; few are kept while few suffice.
/// Owner thread only, but for the static members, which serve writers on other threads.
/// </summary>
internal sealed class BlockPool
{
    /// <summary>The size of a usual block in bytes.</summary>
    public const int BlockBytes = 4096;

    /// <summary>The size of a large one: what those ask for who copy files.</summary>
    public const int LargeBytes = 64 * 1024;

    private const int MostKept = 256;
    private const int MostLargeKept = 32;

    private static readonly SharedBlocks Shared = new(BlockBytes, 1024);
    private static readonly SharedBlocks SharedLarge = new(LargeBytes, 64);

    /// <summary>The block that this thread has given back last, and is likely to want next: it is still in its CPU's cache.</summary>
    [ThreadStatic]
    private static MemoryBlock? warm;

    private readonly Stack<MemoryBlock> mine = new();
    private readonly Stack<MemoryBlock> myLarge = new();

    /// <summary>Takes a block for a writer on any thread. One that has to be larger than large is made for this use.</summary>
    /// <param name="atLeast">How many bytes have to fit.</param>
    public static MemoryBlock RentAnywhere(int atLeast)
    {
        if (atLeast > BlockBytes)
        {
            return atLeast <= LargeBytes ? SharedLarge.Rent() : new MemoryBlock(atLeast);
        }

        MemoryBlock? block = warm;
        warm = null;
        return block ?? Shared.Rent();
    }

    /// <summary>Takes a block back on any thread.</summary>
    public static void ReturnAnywhere(MemoryBlock block)
    {
        block.Next = null;
        block.Length = 0;
        if (block.Bytes.Length == BlockBytes)
        {
            if (warm is null)
            {
                warm = block;
            }
            else
            {
                Shared.Return(block);
            }
        }
        else if (block.Bytes.Length == LargeBytes)
        {
            SharedLarge.Return(block);
        }
    }

    /// <summary>Takes a block.</summary>
    /// <param name="atLeast">How many bytes have to fit.</param>
    public MemoryBlock Rent(int atLeast)
    {
        Stack<MemoryBlock>? idle = atLeast <= BlockBytes ? mine : atLeast <= LargeBytes ? myLarge : null;
        return idle is not null && idle.TryPop(out MemoryBlock? block) ? block : RentAnywhere(atLeast);
    }

    /// <summary>Takes a block back.</summary>
    public void Return(MemoryBlock block)
    {
        bool isLarge = block.Bytes.Length == LargeBytes;
        Stack<MemoryBlock> idle = isLarge ? myLarge : mine;
        if ((!isLarge && block.Bytes.Length != BlockBytes) || idle.Count >= (isLarge ? MostLargeKept : MostKept))
        {
            ReturnAnywhere(block);
            return;
        }

        block.Next = null;
        block.Length = 0;
        idle.Push(block);
    }
}
