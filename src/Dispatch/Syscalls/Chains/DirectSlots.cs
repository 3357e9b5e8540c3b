namespace Dispatch;

/// <summary>
/// The loop's table of direct descriptors, registered when the first chain needs it: slots for the files of chains, picked here, so that a later step can name a file before it is open. A slot serves one chain from its submit
/// to its last completion. When all are taken, chains wait in order. See <c>io_uring_register_files(3)</c>. Owner thread only.
/// </summary>
internal sealed unsafe class DirectSlots(LoopEngine engine, int capacity)
{
    private readonly Queue<(ISlotWaiter Waiter, long Ticket)> waiting = new();
    private readonly Stack<int> free = new();
    private bool isRegistered;

    /// <summary>Gets how many slots are free, of those that are registered.</summary>
    public int Free => free.Count;

    /// <summary>Gets how many slots there are; 0 before the first chain.</summary>
    public int Count { get; private set; }

    /// <summary>Gets how many chains wait for a slot.</summary>
    public int Waiting => waiting.Count;

    /// <summary>Takes a slot. False: all are taken. Throws when the kernel gives no table.</summary>
    public bool TryRent(out int slot)
    {
        if (!isRegistered)
        {
            Register();
        }

        slot = -1;
        return waiting.Count == 0 && free.TryPop(out slot);
    }

    /// <summary>Has a chain wait for a slot; it is resumed with one.</summary>
    public void Wait(ISlotWaiter waiter, long ticket) => waiting.Enqueue((waiter, ticket));

    /// <summary>Takes a slot back whose chain has ended.</summary>
    /// <param name="slot">The slot.</param>
    /// <param name="isFilled">Whether the file is still in it.</param>
    public void Return(int slot, bool isFilled)
    {
        if (isFilled && !TryClear(slot))
        {
            return; // The ring is closed, and the kernel lets go of the file with it; or it holds on, and the slot must not be used again.
        }

        free.Push(slot);
        while (!engine.IsClosed && free.Count != 0 && waiting.TryDequeue(out (ISlotWaiter Waiter, long Ticket) next))
        {
            int given = free.Pop();
            if (!next.Waiter.TryResume(next.Ticket, given))
            {
                free.Push(given); // Cancelled while it waited.
            }
        }
    }

    /// <summary>Ends, as cancelled, every chain that waits.</summary>
    public void CancelWaiting()
    {
        while (waiting.TryDequeue(out (ISlotWaiter Waiter, long Ticket) next))
        {
            next.Waiter.FailWaiting(next.Ticket);
        }
    }

    private bool TryClear(int slot)
    {
        int none = -1;
        IoUringRecords.ResourceUpdate update = new() { Offset = (uint)slot, Data = (ulong)&none };
        return engine.Ring.Register(IoUringAbi.IORING_REGISTER_FILES_UPDATE, &update, 1) == 1;
    }

    private void Register()
    {
        // The kernel takes no more than the process may have descriptors: rather a small table than none.
        int result = -Errno.EINVAL;
        for (int size = capacity; size > 0; size /= 2)
        {
            int[] empty = new int[size];
            Array.Fill(empty, -1);
            fixed (int* first = empty)
            {
                result = engine.Ring.Register(IoUringAbi.IORING_REGISTER_FILES, first, (uint)size);
            }

            if (result >= 0)
            {
                isRegistered = true;
                Count = size;
                for (int i = size - 1; i >= 0; i--)
                {
                    free.Push(i);
                }

                return;
            }

            if (result != -Errno.EMFILE)
            {
                break;
            }
        }

        throw new IOException($"{engine.Loop.Name} got no table for the files of chains: {Errno.Name(-result)}.", -result);
    }
}
