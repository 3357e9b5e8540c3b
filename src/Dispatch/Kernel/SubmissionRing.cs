using System.Runtime.CompilerServices;

namespace Dispatch;

/// <summary>
/// The producer's side of a submission queue in shared memory. Every kernel behind the seam offers this shape, so that taking a slot is a
/// few loads and stores and never a virtual call. Owner thread only.
/// </summary>
internal unsafe struct SubmissionRing
{
    public SubmissionEntry* Entries;
    public uint Mask;
    public uint Capacity;
    public uint* KernelHead;
    public uint* KernelTail;

    /// <summary>Entries written by us. Runs ahead of <see cref="KernelTail"/> until <see cref="Publish"/>.</summary>
    public uint Tail;

    /// <summary>
    /// Gets the number of entries that the kernel has not consumed. It is computed from the kernel's head and not from a counter of ours:
    /// a partial submit then leaves the rest counted, and the next enter takes it along.
    /// </summary>
    public readonly uint Pending
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Tail - Volatile.Read(ref *KernelHead);
    }

    /// <summary>Takes the next free slot, or returns null when the queue is full.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public SubmissionEntry* TryTake()
    {
        if (Pending >= Capacity)
        {
            return null;
        }

        return &Entries[Tail++ & Mask];
    }

    /// <summary>Takes the next slot, of which the caller knows that it is free.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public SubmissionEntry* Take() => &Entries[Tail++ & Mask];

    /// <summary>Makes the written entries visible to the kernel. The release store orders it after the entries themselves.</summary>
    public readonly void Publish() => Volatile.Write(ref *KernelTail, Tail);
}
