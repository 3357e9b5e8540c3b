namespace Dispatch;

/// <summary>
/// The rings of provided buffers that were registered with an emulated ring (<c>io_uring_register_buf_ring(3)</c>): read from the user's memory, first-in-first-out. Owner thread only.
/// </summary>
internal sealed unsafe class ProvidedBuffers
{
    private const uint LargestRing = 32_768;

    private readonly Dictionary<ushort, Group> groups = [];
    private ushort lastId;
    private Group? last;

    /// <summary>Registers a group. Returns a negative errno on failure.</summary>
    public int Register(in IoUringRecords.BufferRingRegistration record)
    {
        if (record.Flags != 0 || record.RingEntries is 0 or > LargestRing || !uint.IsPow2(record.RingEntries) || record.RingAddress % (ulong)Environment.SystemPageSize != 0)
        {
            return -Errno.EINVAL;
        }

        if (record.RingAddress == 0)
        {
            return -Errno.EFAULT;
        }

        return groups.TryAdd(record.GroupId, new Group(record.RingAddress, record.RingEntries)) ? 0 : -Errno.EEXIST;
    }

    /// <summary>Forgets a group. Returns a negative errno on failure.</summary>
    public int Unregister(ushort id)
    {
        last = null;
        return groups.Remove(id) ? 0 : -Errno.EINVAL;
    }

    /// <summary>Takes the oldest buffer of the request's group. False when there is none: ENOBUFS.</summary>
    public bool TrySelect(EmulatedRequest request)
    {
        if (Find(request.Entry.BufferGroup) is not { } group || !group.TryTake(out ProvidedBuffer buffer))
        {
            return false;
        }

        request.Buffer = buffer;
        request.HasBuffer = true;
        return true;
    }

    /// <summary>Puts a buffer back where it was taken: nothing went into it. Only while no other was taken from its group since.</summary>
    public void Return(EmulatedRequest request)
    {
        request.HasBuffer = false;
        Find(request.Entry.BufferGroup)?.PutBack();
    }

    private Group? Find(ushort id)
    {
        if (last is not null && lastId == id)
        {
            return last; // Nearly always the loop's only one.
        }

        lastId = id;
        groups.TryGetValue(id, out last);
        return last;
    }

    private sealed class Group(ulong address, uint entries)
    {
        private readonly IoUringRecords.ProvidedBuffer* ring = (IoUringRecords.ProvidedBuffer*)address;
        private ushort head;

        public bool TryTake(out ProvidedBuffer buffer)
        {
            // The tail lies over the first record's last field.
            if (head == Volatile.Read(ref ring->Tail))
            {
                buffer = default;
                return false;
            }

            IoUringRecords.ProvidedBuffer* slot = ring + (head & (entries - 1));
            buffer = new ProvidedBuffer(slot->Address, slot->Length, slot->Id);
            head++;
            return true;
        }

        public void PutBack() => head--;
    }
}
