using static Dispatch.IoUringAbi;

namespace Dispatch;

/// <summary>
/// Messages between the emulated rings of a process (<c>io_uring_prep_msg_ring(3)</c>). A ring is found by its number; what is sent to it waits here until its owner takes it along.
/// <see cref="Send"/> from any thread, everything else by the owner.
/// </summary>
internal sealed class EmulatedMessages(KernelRing ring, int number)
{
    private static readonly Dictionary<int, EmulatedMessages> Rings = [];

    private readonly Lock sync = new();
    private CompletionEntry[] arrived = new CompletionEntry[16];
    private CompletionEntry[] taken = new CompletionEntry[16];
    private int count;
    private bool closed;

    /// <summary>Gets a value indicating whether something has arrived. Any thread, approximately.</summary>
    public bool HasAny => Volatile.Read(ref count) != 0;

    /// <summary>Sends what the entry says to the ring with the entry's descriptor for a number. Returns 0; −EBADFD when there is no such ring; −EINVAL.</summary>
    public static int Send(in SubmissionEntry entry)
    {
        if (entry.Address != IORING_MSG_DATA || (entry.OperationFlags & ~IORING_MSG_RING_FLAGS_PASS) != 0)
        {
            return -Errno.EINVAL;
        }

        EmulatedMessages? target;
        lock (Rings)
        {
            Rings.TryGetValue(entry.Fd, out target);
        }

        uint flags = (entry.OperationFlags & IORING_MSG_RING_FLAGS_PASS) != 0 ? entry.FileIndex : 0;
        CompletionEntry message = new() { UserData = entry.Offset, Result = (int)entry.Length, Flags = flags };
        return target is not null && target.TryPut(message) ? 0 : -Errno.EBADFD;
    }

    /// <summary>From now on messages can arrive.</summary>
    public void Open()
    {
        lock (Rings)
        {
            Rings.Add(number, this);
        }
    }

    /// <summary>Takes what has arrived, in order. Valid until the next call.</summary>
    public ReadOnlySpan<CompletionEntry> Take()
    {
        lock (sync)
        {
            (taken, arrived) = (arrived, taken);
            int length = count;
            count = 0;
            return taken.AsSpan(0, length);
        }
    }

    /// <summary>From now on nothing arrives: senders are told that the ring is gone.</summary>
    public void Close()
    {
        lock (Rings)
        {
            if (Rings.TryGetValue(number, out EmulatedMessages? registered) && ReferenceEquals(registered, this))
            {
                Rings.Remove(number);
            }
        }

        lock (sync)
        {
            closed = true;
        }
    }

    private bool TryPut(in CompletionEntry message)
    {
        lock (sync)
        {
            if (closed)
            {
                return false;
            }

            if (count == arrived.Length)
            {
                Array.Resize(ref arrived, count * 2);
            }

            arrived[count] = message;
            Volatile.Write(ref count, count + 1);
        }

        ring.Wake();
        return true;
    }
}
