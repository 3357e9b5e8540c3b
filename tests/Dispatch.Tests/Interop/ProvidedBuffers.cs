using System.Runtime.InteropServices;
using System.Text;
using static Dispatch.IoUringAbi;

namespace Dispatch.Tests.Interop;

/// <summary>A small ring of provided buffers, laid end to end, so that what fills several can be read as one text.</summary>
internal sealed unsafe class ProvidedBuffers : IDisposable
{
    private readonly KernelRing ring;
    private readonly ushort group;
    private readonly IoUringRecords.ProvidedBuffer* slots;
    private readonly byte* memory;

    public ProvidedBuffers(KernelRing ring, ushort group, ushort count, uint size)
    {
        this.ring = ring;
        this.group = group;
        slots = (IoUringRecords.ProvidedBuffer*)NativeMemory.AlignedAlloc(4096, 4096);
        NativeMemory.Clear(slots, 4096);
        memory = (byte*)NativeMemory.AllocZeroed(count * size);
        IoUringRecords.BufferRingRegistration registration = new() { RingAddress = (ulong)slots, RingEntries = count, GroupId = group };
        int result = ring.Register(IORING_REGISTER_PBUF_RING, &registration, 1);
        Assert.True(result >= 0, $"Registering failed with {Errno.Name(-result)}.");
        for (ushort i = 0; i < count; i++)
        {
            slots[i].Address = (ulong)(memory + (i * size));
            slots[i].Length = size;
            slots[i].Id = i;
        }

        Volatile.Write(ref slots->Tail, count);
    }

    public string Text(int length) => Encoding.ASCII.GetString(memory, length);

    public void Dispose()
    {
        IoUringRecords.BufferRingRegistration registration = new() { GroupId = group };
        ring.Register(IORING_UNREGISTER_PBUF_RING, &registration, 1);
        NativeMemory.AlignedFree(slots);
        NativeMemory.Free(memory);
    }
}
