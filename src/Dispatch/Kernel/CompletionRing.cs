using System.Runtime.CompilerServices;

namespace Dispatch;

/// <summary>
/// The consumer's side of a completion queue in shared memory, in the shape every kernel behind the seam offers. Owner thread only.
/// </summary>
internal unsafe struct CompletionRing
{
    public CompletionEntry* Entries;
    public uint Mask;
    public uint Capacity;
    public uint* KernelHead;
    public uint* KernelTail;

    /// <summary>Entries consumed by us. Runs ahead of <see cref="KernelHead"/> until <see cref="Release"/>.</summary>
    public uint Head;

    /// <summary>Gets a value indicating whether an entry can be taken.</summary>
    public readonly bool HasEntries
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Head != Volatile.Read(ref *KernelTail);
    }

    /// <summary>Gets the number of entries that can be taken now.</summary>
    public readonly uint Count => Volatile.Read(ref *KernelTail) - Head;

    /// <summary>Gets the oldest entry, of which the caller knows that it is there. Valid until <see cref="Release"/>.</summary>
    public readonly CompletionEntry* First
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => &Entries[Head & Mask];
    }

    /// <summary>
    /// Takes the oldest entry. It is copied out first and the slot is given back only by <see cref="Release"/>, so the kernel
    /// cannot write over an entry that is being read.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryTake(out CompletionEntry entry)
    {
        if (Head == Volatile.Read(ref *KernelTail))
        {
            entry = default;
            return false;
        }

        entry = Entries[Head & Mask];
        Head++;
        return true;
    }

    /// <summary>Gives the slots of all taken entries back to the kernel.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void Release() => Volatile.Write(ref *KernelHead, Head);
}
