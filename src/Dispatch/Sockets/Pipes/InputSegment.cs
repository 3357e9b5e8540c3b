using System.Buffers;

namespace Dispatch;

/// <summary>
/// A piece of what a reader was given and has not consumed: a lease on the buffer that the kernel wrote to, or a block that it was copied to because the reader holds on to too many of those. Pooled by the loop.
/// </summary>
internal sealed class InputSegment : ReadOnlySequenceSegment<byte>
{
    private readonly LeaseMemory leased = new();
    private MemoryBlock? block;

    /// <summary>Gets the reader that has it, or null while it is idle.</summary>
    public InputChain? Chain { get; private set; }

    /// <summary>Gets the segment behind this one.</summary>
    public InputSegment? Following => (InputSegment?)Next;

    /// <summary>Gets the place in the stream behind its last byte.</summary>
    public long End => RunningIndex + Memory.Length;

    /// <summary>Gets a value indicating whether it keeps a receive buffer.</summary>
    public bool IsLease => block is null;

    /// <summary>Gets the number of bytes that can still be copied behind its last.</summary>
    public int Room => block?.Room ?? 0;

    /// <summary>Begins a use with a lease.</summary>
    public void Begin(InputChain chain, long at, BufferLease lease)
    {
        leased.Lease = lease;
        Begin(chain, at, leased.Whole);
    }

    /// <summary>Begins a use with an empty block.</summary>
    public void Begin(InputChain chain, long at, MemoryBlock empty)
    {
        block = empty;
        Begin(chain, at, default(Memory<byte>));
    }

    /// <summary>Copies behind the last byte as much as there is room for. Returns how much.</summary>
    public int Append(ReadOnlySpan<byte> data)
    {
        int fits = Math.Min(data.Length, block!.Room);
        data[..fits].CopyTo(block.Bytes.AsSpan(block.Length));
        block.Length += fits;
        Memory = new ReadOnlyMemory<byte>(block.Bytes, 0, block.Length);
        return fits;
    }

    /// <summary>Links the next one behind this.</summary>
    public void Link(InputSegment? next) => Next = next;

    /// <summary>Takes the rest of its data out as a lease, from a place in it on. The segment is empty then.</summary>
    public BufferLease Take(int from, BlockPool blocks)
    {
        BufferLease rest = block is null ? leased.Lease.Skip(from) : BufferPool.Copy(Memory.Span[from..]);
        leased.Lease = default;
        Empty(blocks);
        return rest;
    }

    /// <summary>Copies the data of a lease, which ends: its buffer is needed elsewhere.</summary>
    public void Settle(BlockPool blocks)
    {
        if (block is null)
        {
            BufferLease lease = leased.Lease;
            block = blocks.Rent(lease.Length);
            Append(lease.Span);
            leased.Lease = default;
            lease.Dispose();
        }
    }

    /// <summary>Ends the use: the buffer goes back to the kernel, or the block to its pool.</summary>
    public void Release(BlockPool blocks)
    {
        BufferLease lease = leased.Lease;
        leased.Lease = default;
        lease.Dispose();
        Empty(blocks);
    }

    private void Begin(InputChain chain, long at, Memory<byte> memory)
    {
        Chain = chain;
        RunningIndex = at;
        Memory = memory;
        Next = null;
    }

    private void Empty(BlockPool blocks)
    {
        if (block is { } used)
        {
            block = null;
            blocks.Return(used);
        }

        Chain = null;
        Memory = default;
        Next = null;
    }
}
