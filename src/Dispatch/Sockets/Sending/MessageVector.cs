namespace Dispatch;

/// <summary>
/// The kernel's <c>struct msghdr</c> and the <c>iovec</c> array behind it, for sends of several blocks. Both lie in one pinned array, so there is nothing to free. The pieces are whoever's who added them;
/// they stay in place until the last request of the vector has ended.
/// </summary>
internal sealed unsafe class MessageVector
{
    /// <summary>How many pieces go with one request: with more the kernel would take longer to copy the vector than it saves in calls.</summary>
    public const int MostPieces = 64;

    private const int HeaderWords = 7; // name, namelen, iov, iovlen, control, controllen, flags: 56 bytes.

    private nint[] words = GC.AllocateUninitializedArray<nint>(HeaderWords + (2 * 8), pinned: true);
    private int first;

    /// <summary>Gets the number of pieces that are left.</summary>
    public int Count { get; private set; }

    /// <summary>Gets the number of bytes that are left.</summary>
    public long Remaining { get; private set; }

    /// <summary>Forgets all pieces.</summary>
    public void Clear()
    {
        first = 0;
        Count = 0;
        Remaining = 0;
        if (words.Length > HeaderWords + (2 * MostPieces))
        {
            words = GC.AllocateUninitializedArray<nint>(HeaderWords + (2 * 8), pinned: true); // One that was large once does not stay so.
        }
    }

    /// <summary>Adds a piece behind the others. Not while a request with the vector is in flight.</summary>
    public void Add(nint address, int length)
    {
        int at = HeaderWords + (2 * (first + Count));
        if (at + 2 > words.Length)
        {
            nint[] larger = GC.AllocateUninitializedArray<nint>(HeaderWords + (2 * (words.Length - HeaderWords)), pinned: true);
            words.AsSpan(0, at).CopyTo(larger);
            words = larger;
        }

        words[at] = address;
        words[at + 1] = length;
        Count++;
        Remaining += length;
    }

    /// <summary>Takes bytes that are out away from the front.</summary>
    public void Advance(int bytes)
    {
        Remaining -= bytes;
        while (Count != 0)
        {
            ref nint address = ref words[HeaderWords + (2 * first)];
            ref nint length = ref words[HeaderWords + (2 * first) + 1];
            if (bytes < length)
            {
                address += bytes;
                length -= bytes;
                return;
            }

            bytes -= (int)length;
            first++;
            Count--;
        }

        first = 0;
    }

    /// <summary>Writes a send of what is left, or of as much of it as goes with one request.</summary>
    public void Describe(ref SubmissionEntry entry)
    {
        int pieces = Math.Min(Count, MostPieces);
        ref nint address = ref words[HeaderWords + (2 * first)];

        // WAITALL: the kernel itself goes on after a short send, without a completion between. NOSIGNAL: a vanished peer is an error, not a signal.
        entry.OperationFlags = (uint)(MessageFlags.WaitAll | MessageFlags.NoSignal);
        if (pieces == 1)
        {
            entry.Opcode = Opcode.Send;
            entry.Address = (ulong)address;
            entry.Length = (uint)words[HeaderWords + (2 * first) + 1];
            return;
        }

        words.AsSpan(0, HeaderWords).Clear();
        nint* header = (nint*)System.Runtime.CompilerServices.Unsafe.AsPointer(ref words[0]); // Pinned for good.
        header[2] = (nint)System.Runtime.CompilerServices.Unsafe.AsPointer(ref address);
        header[3] = pieces;
        entry.Opcode = Opcode.Sendmsg;
        entry.Address = (ulong)header;
        entry.Length = 1;
    }
}
