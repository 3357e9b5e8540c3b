using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using static Dispatch.IoUringAbi;

namespace Dispatch;

/// <summary>
/// A loop's receive buffers, provided to the kernel through a ring in memory: a receive takes one when data comes, so that ten thousand idle connections
/// need none. Giving one back is a store. The kernel takes them first-in-first-out, so few are kept while few suffice; a shortage adds more, up to
/// the limit. Owner thread only, but for <see cref="EndLease"/> and <see cref="ReleaseHold"/>.
/// </summary>
/// <remarks>
/// A loose pool has the same buffers under the same leases, but provides none to the kernel: they are taken one by one (<see cref="TryTake"/>), for reads that the kernel chooses no buffer for.
/// </remarks>
internal sealed unsafe class BufferPool
{
    private readonly LoopEngine? engine;
    private readonly byte[]? copy;
    private readonly ProvidedRing? provided;
    private readonly int capacity;
    private readonly nint[] addresses;
    private readonly int[] references;
    private readonly uint[] generations;
    private readonly List<nint> chunks = [];
    private readonly BufferLine? line;
    private readonly Stack<int>? loose;
    private int holds = 1;
    private volatile bool closed;
    private BufferPin?[]? pins;

    public BufferPool(LoopEngine engine, int initial, int capacity, int bufferSize, bool isLoose = false)
    {
        this.engine = engine;
        this.capacity = capacity;
        line = new BufferLine(engine, this);
        BufferSize = bufferSize;

        // A place of these is written when its buffer is made: most loops never have as many as they may.
        addresses = GC.AllocateUninitializedArray<nint>(capacity);
        references = GC.AllocateUninitializedArray<int>(capacity);
        generations = GC.AllocateUninitializedArray<uint>(capacity);
        if (isLoose)
        {
            loose = new Stack<int>();
            Provide(initial);
            return;
        }

        provided = new ProvidedRing(engine.Ring, Group, capacity);
        Provide(initial);
    }

    private BufferPool(ReadOnlySpan<byte> data)
    {
        copy = GC.AllocateUninitializedArray<byte>(data.Length, pinned: true);
        data.CopyTo(copy);
        addresses = [Marshal.UnsafeAddrOfPinnedArrayElement(copy, 0)];
        references = [1];
        generations = new uint[1];
    }

    /// <summary>Gets the number by which requests name these buffers to the kernel.</summary>
    public static ushort Group => 0;

    /// <summary>Gets the size of each buffer in bytes.</summary>
    public int BufferSize { get; }

    /// <summary>Gets what remembers who holds them, or null when nobody asked for it.</summary>
    public LeaseTracker? Leases => engine?.Leases;

    /// <summary>Gets the receives that found no buffer.</summary>
    public BufferLine Line => line!;

    /// <summary>Gets a value indicating whether the loop has ended.</summary>
    public bool IsClosed => closed;

    /// <summary>Gets how many buffers exist.</summary>
    public int Count { get; private set; }

    /// <summary>Gets how many buffers are out: taken by the kernel for data and not given back yet.</summary>
    public int Leased { get; private set; }

    /// <summary>Gets a value indicating whether more than half of all buffers that there may be are out.</summary>
    public bool IsScarce => Leased > capacity / 2;

    /// <summary>Gets how many buffers have ever been given to the kernel.</summary>
    public long Provided { get; private set; }

    /// <summary>Copies data into a lease of its own, which belongs to no loop and outlives all of them.</summary>
    public static BufferLease Copy(ReadOnlySpan<byte> data) => new(new BufferPool(data), 0, 0, 0, data.Length);

    /// <summary>Doubles the number of buffers, as far as it may. False when there are as many as there may be.</summary>
    public bool TryGrow()
    {
        int more = Math.Min(Count, capacity - Count);
        if (more != 0)
        {
            Provide(more);
        }

        return more != 0;
    }

    /// <summary>Takes a buffer out of a loose pool, for a read. False: there is none, and there can be no more.</summary>
    public bool TryTake(out int id, out nint address)
    {
        if (loose!.Count == 0)
        {
            TryGrow();
        }

        bool taken = loose.TryPop(out id);
        address = taken ? addresses[id] : 0;
        return taken;
    }

    /// <summary>Puts a buffer of a loose pool back, because nothing was read into it.</summary>
    public void PutBack(int id) => Recycle((ushort)id);

    /// <summary>Makes a lease of a buffer of a loose pool, with what was read into it.</summary>
    public BufferLease LeaseLoose(int id, int length) => LeaseBuffer(id, length);

    /// <summary>Takes a buffer over from a completion. The lease holds its first reference.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public BufferLease Lease(uint completionFlags, int length) => LeaseBuffer((int)(completionFlags >> IORING_CQE_BUFFER_SHIFT), length);

    /// <summary>
    /// Takes the first of the buffers over that one receive has filled: a bundle. The kernel fills buffers in the order in which they were given to it, and names the first one.
    /// Which one follows is remembered until a buffer is given again, and so has to be asked before.
    /// </summary>
    /// <param name="id">The first buffer; afterwards the one that follows.</param>
    /// <param name="length">How much there is in all of them; afterwards in those that follow.</param>
    public BufferLease LeaseOfBundle(ref int id, ref int length)
    {
        int part = Math.Min(length, BufferSize);
        BufferLease lease = LeaseBuffer(id, part);
        id = provided!.Behind(id);
        length -= part;
        return lease;
    }

    /// <summary>Gives the buffers back, never leased, that one receive has filled.</summary>
    /// <param name="completionFlags">The completion's flags, which name the first.</param>
    /// <param name="length">How much there is in all of them.</param>
    public void RecycleAll(uint completionFlags, int length)
    {
        int id = (int)(completionFlags >> IORING_CQE_BUFFER_SHIFT);
        do
        {
            int next = length > BufferSize ? provided!.Behind(id) : 0;
            Recycle((ushort)id);
            id = next;
            length -= BufferSize;
        }
        while (length > 0);
    }

    /// <summary>Gives a buffer back that was never leased.</summary>
    public void Recycle(ushort id)
    {
        Leased++;
        references[id] = 1;
        generations[id]++;
        Drop(id);
    }

    /// <summary>Says whether a lease is still the buffer's current one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool IsCurrent(int id, uint generation) => Volatile.Read(ref generations[id]) == generation;

    /// <summary>Gets where a buffer is. Throws when the lease has ended.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public nint AddressOf(int id, uint generation)
    {
        if (!IsCurrent(id, generation))
        {
            ThrowEnded();
        }

        return addresses[id];
    }

    /// <summary>Gets where a buffer is, for a holder whose own reference keeps it out of the pool.</summary>
    public nint AddressHeld(int id) => addresses[id];

    /// <summary>Adds a holder to a buffer under lease: from now on the buffer outlives the lease.</summary>
    public void Hold(int id, uint generation)
    {
        // Only next to holders that exist: a buffer without one is the kernel's, a pool without one is freed, and a count would bring neither back.
        if (!IsCurrent(id, generation) || !TryIncrement(ref holds))
        {
            ThrowEnded();
        }

        if (!TryIncrement(ref references[id]))
        {
            ReleaseMemoryHold();
            ThrowEnded();
        }

        if (!IsCurrent(id, generation))
        {
            ReleaseHold(id);
            ThrowEnded();
        }
    }

    /// <summary>Adds a holder next to one that exists.</summary>
    public void Hold(int id)
    {
        Interlocked.Increment(ref holds);
        Interlocked.Increment(ref references[id]);
    }

    /// <summary>Pins a buffer under lease: it outlives the lease until the pin is ended, on whichever thread. Nothing is allocated after a buffer's first time.</summary>
    public MemoryHandle Pin(int id, uint generation, int offset)
    {
        Hold(id, generation);
        BufferPin?[] all = pins ?? Interlocked.CompareExchange(ref pins, new BufferPin?[addresses.Length], null) ?? pins;
        return new MemoryHandle((byte*)addresses[id] + offset, default, all[id] ??= new BufferPin(this, id));
    }

    /// <summary>
    /// Ends a lease, on whichever thread. From now on every access throws; the buffer goes back on the owner. Of two threads that end it one does, because only one moves the generation on.
    /// </summary>
    public void EndLease(int id, uint generation)
    {
        if (!IsCurrent(id, generation) || Interlocked.CompareExchange(ref generations[id], generation + 1, generation) != generation || engine is null)
        {
            return;
        }

        Leases?.OnEnded(this, id, generation);
        if (engine.IsOwner)
        {
            Drop(id);
        }
        else
        {
            engine.Posted.TryPost(static (s, argument) => ((BufferPool)s!).DropFromInbox((int)argument), this, id);
        }
    }

    /// <summary>Ends one holder's use, on whichever thread; the last user gives the buffer back to the kernel.</summary>
    public void ReleaseHold(int id)
    {
        if (engine is null)
        {
            return; // The memory is the collector's.
        }

        if (engine.IsOwner)
        {
            EndHold(id);
        }
        else if (!engine.Posted.TryPost(static (s, argument) => ((BufferPool)s!).EndHold((int)argument), this, id))
        {
            EndHold(id); // The loop has closed: nothing but these counts is left of the pool.
        }
    }

    /// <summary>
    /// The ring is closed: leases end now, and the memory goes as soon as no retained buffer is left. Owner, or whoever closes for a dead one.
    /// </summary>
    public void Close()
    {
        for (int i = 0; i < Count; i++)
        {
            Interlocked.Increment(ref generations[i]); // A forgotten lease throws from now on, instead of reading freed memory.
        }

        closed = true;

        // The pool's own hold, which kept the memory while it ran.
        ReleaseMemoryHold();
    }

    private static bool TryIncrement(ref int count)
    {
        int seen = Volatile.Read(ref count);
        while (seen != 0)
        {
            int found = Interlocked.CompareExchange(ref count, seen + 1, seen);
            if (found == seen)
            {
                return true;
            }

            seen = found;
        }

        return false;
    }

    private static void ThrowEnded() => throw new ObjectDisposedException(
        nameof(BufferLease),
        "This lease has ended and its buffer may hold other data by now. Keep data with Retain(), or copy it, before the lease is disposed or OnNext returns.");

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private BufferLease LeaseBuffer(int id, int length)
    {
        references[id] = 1;
        Leased++;
        return new BufferLease(this, id, generations[id], 0, length);
    }

    private void Provide(int count)
    {
        nuint size = (nuint)BufferSize;
        byte* chunk = (byte*)NativeMemory.AlignedAlloc((nuint)count * size, (nuint)Environment.SystemPageSize);
        chunks.Add((nint)chunk);
        for (int i = 0; i < count; i++)
        {
            int id = Count++;
            addresses[id] = (nint)(chunk + ((nuint)i * size));
            references[id] = 0;
            generations[id] = 0;
            Put(id);
        }

        Publish();
    }

    private void EndHold(int id)
    {
        DropFromInbox(id);
        ReleaseMemoryHold();
    }

    private void DropFromInbox(int id)
    {
        // Messages that a loop did not live to read are run elsewhere, where nothing of the pool but its memory may be touched.
        if (engine!.IsOwner && !closed)
        {
            Drop(id);
        }
    }

    private void ReleaseMemoryHold()
    {
        if (Interlocked.Decrement(ref holds) != 0)
        {
            return;
        }

        foreach (nint chunk in chunks)
        {
            NativeMemory.AlignedFree((void*)chunk);
        }

        provided?.Free();
    }

    private void Drop(int id)
    {
        if (Interlocked.Decrement(ref references[id]) != 0)
        {
            return;
        }

        Leased--;
        Put(id);
        Publish();
        if (line!.HasWaiters)
        {
            line.OnBufferBack();
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Put(int id)
    {
        Provided++;
        if (loose is not null)
        {
            loose.Push(id);
            return;
        }

        provided!.Add(id, addresses[id], BufferSize);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Publish() => provided?.Publish();
}
