using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using static Dispatch.IoUringAbi;

namespace Dispatch;

/// <summary>
/// The ring in memory through which buffers are provided to the kernel, which takes them in the order in which they were added. <c>io_uring_register_buf_ring(3)</c>. Owner thread only, but for <see cref="Free"/>.
/// </summary>
internal sealed unsafe class ProvidedRing
{
    private readonly IoUringRecords.ProvidedBuffer* ring;
    private readonly int capacity;
    private readonly ushort[] behind;
    private ushort tail;
    private int lastAdded;

    public ProvidedRing(KernelRing kernel, ushort group, int capacity)
    {
        this.capacity = capacity;
        behind = GC.AllocateUninitializedArray<ushort>(capacity); // A place is written before it is asked for.
        nuint bytes = (nuint)capacity * (nuint)sizeof(IoUringRecords.ProvidedBuffer);
        ring = (IoUringRecords.ProvidedBuffer*)NativeMemory.AlignedAlloc(bytes, (nuint)Environment.SystemPageSize);
        ring->Tail = 0; // The rest is written before the tail says that it is there.
        IoUringRecords.BufferRingRegistration registration = new() { RingAddress = (ulong)ring, RingEntries = (uint)capacity, GroupId = group };
        int result = kernel.Register(IORING_REGISTER_PBUF_RING, &registration, 1);
        if (result < 0)
        {
            Free();
            throw new IOException($"Registering the receive buffers failed with {Errno.Name(-result)}. Raise the locked-memory limit (`ulimit -l`), or set EventLoopOptions.MaxReceiveBufferCount lower.");
        }
    }

    /// <summary>Adds a buffer behind all others. The kernel sees it with the next <see cref="Publish"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(int id, nint address, int length)
    {
        IoUringRecords.ProvidedBuffer* slot = ring + (tail & (capacity - 1));
        slot->Address = (ulong)address;
        slot->Length = (uint)length;
        slot->Id = (ushort)id;
        tail++;
        behind[lastAdded] = (ushort)id;
        lastAdded = id;
    }

    /// <summary>Shows the kernel what was added.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Publish() => Volatile.Write(ref ring->Tail, tail);

    /// <summary>Gets the buffer that was added after this one. Only until this one is added again.</summary>
    public int Behind(int id) => behind[id];

    /// <summary>Gives the memory back. Only when the kernel's ring is closed, or never had it.</summary>
    public void Free() => NativeMemory.AlignedFree(ring);
}
