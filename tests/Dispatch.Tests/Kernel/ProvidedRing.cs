using System.Runtime.InteropServices;
using static Dispatch.IoUringAbi;

namespace Dispatch.Tests.Kernel;

/// <summary>A ring of provided buffers of 64 bytes, as group 5 of a ring behind the seam.</summary>
internal sealed unsafe class ProvidedRing : IDisposable
{
    private readonly IoUringRecords.ProvidedBuffer* ring;
    private readonly byte* memory;
    private readonly int count;
    private ushort tail;

    public ProvidedRing(KernelRing owner, int count)
    {
        this.count = count;
        ring = (IoUringRecords.ProvidedBuffer*)NativeMemory.AlignedAlloc((nuint)(count * sizeof(IoUringRecords.ProvidedBuffer)), (nuint)Environment.SystemPageSize);
        NativeMemory.Clear(ring, (nuint)(count * sizeof(IoUringRecords.ProvidedBuffer)));
        memory = (byte*)NativeMemory.AllocZeroed((nuint)count * 64);
        IoUringRecords.BufferRingRegistration registration = new() { RingAddress = (ulong)ring, RingEntries = (uint)count, GroupId = 5 };
        Assert.Equal(0, owner.Register(IORING_REGISTER_PBUF_RING, &registration, 1));
    }

    public byte* AddressOf(int id) => memory + (id * 64);

    public void Put(params ReadOnlySpan<ushort> ids)
    {
        foreach (ushort id in ids)
        {
            IoUringRecords.ProvidedBuffer* slot = ring + (tail++ & (count - 1));
            slot->Address = (ulong)AddressOf(id);
            slot->Length = 64;
            slot->Id = id;
        }

        Volatile.Write(ref ring->Tail, tail);
    }

    public void Dispose()
    {
        NativeMemory.AlignedFree(ring);
        NativeMemory.Free(memory);
    }
}
