using System.Collections.Concurrent;

namespace Dispatch;

/// <summary>
/// Idle memory blocks of one size, for writers on any thread, out of what loops have left over. Without a lock: a loop must not wait for a thread that was preempted while it held one.
/// </summary>
/// <param name="bytes">The size of a block.</param>
/// <param name="most">How many are kept.</param>
internal sealed class SharedBlocks(int bytes, int most)
{
    private readonly ConcurrentQueue<MemoryBlock> idle = new();
    private int count;

    /// <summary>Takes one, or makes one.</summary>
    public MemoryBlock Rent()
    {
        if (!idle.TryDequeue(out MemoryBlock? block))
        {
            return new MemoryBlock(bytes);
        }

        Interlocked.Decrement(ref count);
        return block;
    }

    /// <summary>Takes one back.</summary>
    public void Return(MemoryBlock block)
    {
        if (Interlocked.Increment(ref count) <= most)
        {
            idle.Enqueue(block);
        }
        else
        {
            Interlocked.Decrement(ref count); // The collector takes it.
        }
    }
}
