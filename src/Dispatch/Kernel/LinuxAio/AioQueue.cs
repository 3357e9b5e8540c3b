using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using static Dispatch.AioAbi;

namespace Dispatch;

/// <summary>
/// One kernel AIO context (<c>io_setup(2)</c>): its places, the batch that the next submit carries, and its ring of events, which is read in user memory without a system call. Owner thread only.
/// </summary>
internal sealed unsafe class AioQueue
{
    private const int TakenAtOnce = 64;

    private readonly Ring* ring;
    private readonly Event* events;
    private readonly Iocb* blocks;
    private readonly Iocb** batch;
    private readonly Event* taken;
    private readonly IoUringRecords.KernelTimespec* time;
    private readonly EmulatedRequest?[] owners;
    private readonly AioSlotUse[] uses;
    private readonly int[] free;
    private nint handle;
    private int freeCount;
    private int takenCount;
    private int takenNext;
    private int batchStart;
    private int batchEnd;

    private AioQueue(nint handle, int capacity)
    {
        this.handle = handle;
        Capacity = capacity;
        ring = (Ring*)handle;
        events = (Event*)((byte*)handle + ring->HeaderBytes);
        blocks = (Iocb*)NativeMemory.AlignedAlloc((nuint)(capacity * sizeof(Iocb)), 64);
        NativeMemory.Clear(blocks, (nuint)(capacity * sizeof(Iocb)));
        batch = (Iocb**)NativeMemory.Alloc((nuint)(capacity * sizeof(Iocb*)));
        taken = (Event*)NativeMemory.AllocZeroed((nuint)((TakenAtOnce * sizeof(Event)) + sizeof(IoUringRecords.KernelTimespec)));
        time = (IoUringRecords.KernelTimespec*)(taken + TakenAtOnce);
        owners = new EmulatedRequest?[capacity];
        uses = new AioSlotUse[capacity];
        free = new int[capacity];
        for (int slot = capacity - 1; slot >= 0; slot--)
        {
            free[freeCount++] = slot;
        }
    }

    /// <summary>Gets how many requests the context was set up for.</summary>
    public int Capacity { get; }

    /// <summary>Gets how many places are free.</summary>
    public int FreeCount => freeCount;

    /// <summary>Gets how many reads, writes and syncs are in the kernel's hands, or in the batch.</summary>
    public int Transfers { get; private set; }

    /// <summary>Gets a value indicating whether a submit has something to carry.</summary>
    public bool HasBatch => batchStart != batchEnd;

    /// <summary>Gets where the kernel counts its events on: a word that moves whenever one comes.</summary>
    public uint* Tail => &ring->Tail;

    /// <summary>Gets how far the events have been read, in the terms of <see cref="Tail"/>.</summary>
    public uint Head => Volatile.Read(ref ring->Head);

    /// <summary>Sets up a context for so many requests. Returns 0, or a negative errno.</summary>
    public static int TryCreate(int capacity, out AioQueue? context)
    {
        context = null;
        nint handle = 0;
        int result = (int)SystemCall.Run(SystemCall.IoSetup, capacity, (long)&handle);
        if (result < 0)
        {
            return result;
        }

        if (((Ring*)handle)->Magic != RingMagic || ((Ring*)handle)->IncompatFeatures != 0)
        {
            // A kernel whose ring cannot be read here. None is known.
            SystemCall.Run(SystemCall.IoDestroy, handle);
            return -Errno.EINVAL;
        }

        context = new AioQueue(handle, capacity);
        return 0;
    }

    /// <summary>Takes a place, or returns −1.</summary>
    public int Take(AioSlotUse use, EmulatedRequest? owner)
    {
        if (freeCount == 0)
        {
            return -1;
        }

        int slot = free[--freeCount];
        uses[slot] = use;
        owners[slot] = owner;
        if (use == AioSlotUse.Transfer)
        {
            Transfers++;
        }

        return slot;
    }

    /// <summary>Gives a place back whose event has come, or that was never submitted.</summary>
    public void Release(int slot)
    {
        if (uses[slot] == AioSlotUse.Transfer)
        {
            Transfers--;
        }

        uses[slot] = AioSlotUse.Free;
        owners[slot] = null;
        free[freeCount++] = slot;
    }

    /// <summary>Gets what a place is in use for.</summary>
    public AioSlotUse UseOf(int slot) => uses[slot];

    /// <summary>Gets whose a place is.</summary>
    public EmulatedRequest? OwnerOf(int slot) => owners[slot];

    /// <summary>Puts a place into the next submit. The control block's fields are the caller's to fill; the kernel copies them when it takes it.</summary>
    public Iocb* Queue(int slot)
    {
        if (batchEnd == Capacity)
        {
            // What a refused submit left moves to the front. There is room: no place is in the batch twice.
            Buffer.MemoryCopy(batch + batchStart, batch, Capacity * sizeof(Iocb*), (batchEnd - batchStart) * sizeof(Iocb*));
            batchEnd -= batchStart;
            batchStart = 0;
        }

        Iocb* block = blocks + slot;
        *block = default;
        block->Data = (ulong)slot;
        batch[batchEnd++] = block;
        return block;
    }

    /// <summary>Queues a one-shot poll.</summary>
    public void QueuePoll(int slot, int descriptor, ushort mask)
    {
        Iocb* block = Queue(slot);
        block->Opcode = IOCB_CMD_POLL;
        block->Descriptor = (uint)descriptor;
        block->Buffer = mask;
    }

    /// <summary>Submits the batch. Returns how many the kernel took, or a negative errno, which is the first one's; that one is still in the batch.</summary>
    public int Submit()
    {
        int result = (int)SystemCall.Run(SystemCall.IoSubmit, handle, batchEnd - batchStart, (long)(batch + batchStart));
        if (result > 0)
        {
            batchStart += result;
            if (batchStart == batchEnd)
            {
                batchStart = 0;
                batchEnd = 0;
            }
        }

        return result;
    }

    /// <summary>Takes the first place out of the batch: the kernel has refused it.</summary>
    public int DropFirst()
    {
        int slot = (int)batch[batchStart++]->Data;
        if (batchStart == batchEnd)
        {
            batchStart = 0;
            batchEnd = 0;
        }

        return slot;
    }

    /// <summary>Cancels a poll whose owner has no use for it any more. The place is free again when its event has come, or at once when it was never submitted.</summary>
    public void CancelPoll(int slot)
    {
        owners[slot] = null;
        for (int i = batchStart; i < batchEnd; i++)
        {
            if (batch[i] == blocks + slot)
            {
                batchEnd--;
                Buffer.MemoryCopy(batch + i + 1, batch + i, Capacity * sizeof(Iocb*), (batchEnd - i) * sizeof(Iocb*));
                Release(slot);
                return;
            }
        }

        // EINPROGRESS: its event comes soon. EINVAL: it has come already.
        Event answer;
        SystemCall.Run(SystemCall.IoCancel, handle, (long)(blocks + slot), (long)&answer);
    }

    /// <summary>Takes the oldest event. Loads and a store; no system call.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryTake(out int slot, out long result)
    {
        if (takenNext != takenCount)
        {
            slot = (int)taken[takenNext].Data;
            result = taken[takenNext++].Result;
            return true;
        }

        // The tail is read before the event (acquire), and the head written after it (release): the kernel uses the place again only then.
        uint head = ring->Head;
        if (head == Volatile.Read(ref ring->Tail))
        {
            slot = 0;
            result = 0;
            return false;
        }

        slot = (int)events[head].Data;
        result = events[head].Result;
        Volatile.Write(ref ring->Head, head + 1 == ring->Count ? 0 : head + 1);
        return true;
    }

    /// <summary>Sleeps until an event comes. Returns 0, or a negative errno; the time being over is 0 too.</summary>
    /// <param name="nanoseconds">The longest time; negative for no limit.</param>
    public int Sleep(long nanoseconds)
    {
        if (nanoseconds >= 0)
        {
            time->Seconds = nanoseconds / 1_000_000_000;
            time->Nanoseconds = nanoseconds % 1_000_000_000;
        }

        int result = (int)SystemCall.Run(SystemCall.IoGetEvents, handle, 1, TakenAtOnce, (long)taken, nanoseconds < 0 ? 0 : (long)time);
        if (result < 0)
        {
            return result;
        }

        takenNext = 0;
        takenCount = result;
        return 0;
    }

    /// <summary>Ends the context. The kernel cancels its polls, and returns when it will touch no memory any more.</summary>
    public void Destroy()
    {
        SystemCall.Run(SystemCall.IoDestroy, handle);
        handle = 0;
    }

    /// <summary>Frees the memory of the places.</summary>
    public void Free()
    {
        NativeMemory.AlignedFree(blocks);
        NativeMemory.Free(batch);
        NativeMemory.Free(taken);
    }
}
