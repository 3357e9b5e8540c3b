namespace Dispatch;

/// <summary>
/// The table of fixed descriptors of an emulated ring (<c>io_uring_register_files(3)</c>): a slot holds an ordinary descriptor that is nobody else's. What a request names by its slot is looked up when it begins, and not when it is
/// submitted: a step of a chain finds the file that the step before it opened. Owner thread only.
/// </summary>
internal sealed unsafe class EmulatedFiles(EmulatedRing ring)
{
    private const int MostSlots = 1 << 15;
    private const uint CloseOnExec = 0x80000;
    private int[]? table;

    /// <summary>Makes the table; it begins empty. Descriptors that are open already are not emulated.</summary>
    public int Register(int* descriptors, uint count)
    {
        if (table is not null)
        {
            return -Errno.EBUSY;
        }

        if (descriptors == null)
        {
            return -Errno.EFAULT;
        }

        if (count is 0 or > MostSlots)
        {
            return count == 0 ? -Errno.EINVAL : -Errno.EMFILE;
        }

        foreach (int descriptor in new ReadOnlySpan<int>(descriptors, (int)count))
        {
            if (descriptor != -1)
            {
                return -Errno.EINVAL;
            }
        }

        table = new int[count];
        Array.Fill(table, -1);
        return 0;
    }

    /// <summary>Empties slots; how many.</summary>
    public int Update(IoUringRecords.ResourceUpdate* update, uint count)
    {
        if (table is null)
        {
            return -Errno.ENXIO;
        }

        if (update == null || update->Data == 0)
        {
            return -Errno.EFAULT;
        }

        if (count == 0 || update->Offset >= table.Length || count > table.Length - update->Offset)
        {
            return -Errno.EINVAL;
        }

        for (uint i = 0; i < count; i++)
        {
            if (((int*)update->Data)[i] != -1)
            {
                return -Errno.EINVAL;
            }

            Clear((int)(update->Offset + i));
        }

        return (int)count;
    }

    /// <summary>Puts the descriptor in the place of the slot that a request names, as it begins: 0 or a negative errno.</summary>
    public int Resolve(EmulatedRequest request)
    {
        ref SubmissionEntry entry = ref request.Entry;
        if ((entry.Flags & EntryFlags.FixedFile) != 0)
        {
            if (table is null || (uint)entry.Fd >= table.Length || table[entry.Fd] < 0)
            {
                return -Errno.EBADF;
            }

            entry.Fd = table[entry.Fd];
            entry.Flags &= ~EntryFlags.FixedFile;
        }

        return entry.FileIndex != 0 && (entry.Opcode is Opcode.Openat or Opcode.Openat2 or Opcode.Socket or Opcode.Accept or Opcode.Close or Opcode.Pipe)
            ? ResolveSlot(request, ref entry)
            : 0;
    }

    /// <summary>A request that is about a slot has ended: what it opened goes there. Returns the result as the user sees it.</summary>
    public int Settle(EmulatedRequest request, int result)
    {
        int slot = request.FixedSlot - 1;
        request.FixedSlot = 0;
        if (request.Opcode == Opcode.Close)
        {
            if (result == -Errno.ECANCELED)
            {
                Put(slot, request.Entry.Fd); // It was not closed after all.
            }

            return result;
        }

        if (result < 0)
        {
            return result;
        }

        Put(slot, result);
        return 0;
    }

    /// <summary>Closes what is left. Nothing is in flight.</summary>
    public void Close()
    {
        for (int i = 0; table is not null && i < table.Length; i++)
        {
            Clear(i);
        }

        table = null;
    }

    private static bool ClosesOnExec(in SubmissionEntry entry) => entry.Opcode switch
    {
        Opcode.Openat or Opcode.Accept => (entry.OperationFlags & CloseOnExec) != 0,
        Opcode.Socket => (entry.Offset & CloseOnExec) != 0,
        _ => false,
    };

    private int ResolveSlot(EmulatedRequest request, ref SubmissionEntry entry)
    {
        if (table is null)
        {
            return -Errno.ENXIO;
        }

        uint slot = entry.FileIndex - 1;
        if (slot >= table.Length || ClosesOnExec(entry) || entry.Opcode is Opcode.Pipe or Opcode.Openat2)
        {
            return -Errno.EINVAL;
        }

        if (entry.Opcode == Opcode.Close)
        {
            if (entry.Fd != 0)
            {
                return -Errno.EINVAL;
            }

            if (table[slot] < 0)
            {
                return -Errno.EBADF;
            }

            entry.Fd = table[slot];
            table[slot] = -1;
        }
        else if (entry.Opcode == Opcode.Socket)
        {
            entry.Offset |= CloseOnExec; // Children inherit no slot.
        }
        else
        {
            entry.OperationFlags |= CloseOnExec;
        }

        entry.FileIndex = 0;
        request.FixedSlot = (int)slot + 1;
        return 0;
    }

    private void Put(int slot, int descriptor)
    {
        Clear(slot);
        table![slot] = descriptor;
    }

    private void Clear(int slot)
    {
        int descriptor = table![slot];
        table[slot] = -1;
        if (descriptor >= 0)
        {
            _ = ring.Calls.Close(descriptor);
        }
    }
}
