using System.Runtime.InteropServices;

namespace Dispatch;

/// <summary>
/// A block of managed memory that stays in place, with the bytes that were written to it so far. One thread at a time: its writer's, then the owner's of the loop that sends it. A forgotten one is garbage.
/// </summary>
internal sealed class MemoryBlock
{
    /// <summary>Initializes a new instance of the <see cref="MemoryBlock"/> class.</summary>
    public MemoryBlock(int bytes)
    {
        Bytes = GC.AllocateUninitializedArray<byte>(bytes, pinned: true);
        Address = Marshal.UnsafeAddrOfPinnedArrayElement(Bytes, 0);
    }

    /// <summary>Gets the memory.</summary>
    public byte[] Bytes { get; }

    /// <summary>Gets where the memory is.</summary>
    public nint Address { get; }

    /// <summary>Gets or sets how many bytes were written, from the beginning.</summary>
    public int Length { get; set; }

    /// <summary>Gets or sets the block behind this one.</summary>
    public MemoryBlock? Next { get; set; }

    /// <summary>Gets or sets the last block of the chain that this one begins, while it travels to the owner.</summary>
    public MemoryBlock? Last { get; set; }

    /// <summary>Gets the number of bytes that can still be written.</summary>
    public int Room => Bytes.Length - Length;

    /// <summary>Gets the memory that was not written to yet.</summary>
    public Memory<byte> Free => new(Bytes, Length, Room);

    /// <summary>Gets the same as a span.</summary>
    public Span<byte> FreeSpan => new(Bytes, Length, Room);

    /// <summary>Copies what was written to another block behind what was written to this one.</summary>
    public void Append(MemoryBlock other)
    {
        other.Bytes.AsSpan(0, other.Length).CopyTo(FreeSpan);
        Length += other.Length;
    }
}
