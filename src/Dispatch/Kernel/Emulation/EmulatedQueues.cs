using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Dispatch;

/// <summary>
/// The two queues of an emulated ring in the seam's shape, the kernel's side of them, and the completions that did not fit. Those are kept in order and move up when an enter finds
/// room, so that nothing is lost and a loop that only polls has to be told. Owner thread only.
/// </summary>
internal sealed unsafe class EmulatedQueues
{
    private readonly Queue<CompletionEntry> overflow = new();
    private readonly uint* words;
    private SubmissionEntry* submissionEntries;
    private CompletionEntry* completionEntries;

    public EmulatedQueues(uint submissions, uint completions)
    {
        submissions = BitOperations.RoundUpToPowerOf2(Math.Max(submissions, 1));
        completions = BitOperations.RoundUpToPowerOf2(Math.Max(completions, 1));
        SubmissionCapacity = submissions;
        CompletionCapacity = completions;

        // Each word on a cache line of its own, so that a poll reads one that the other side leaves alone.
        words = (uint*)NativeMemory.AlignedAlloc(WordBytes * 5, WordBytes);
        NativeMemory.Clear(words, WordBytes * 5);
        submissionEntries = (SubmissionEntry*)NativeMemory.AlignedAlloc(submissions * (nuint)sizeof(SubmissionEntry), WordBytes);
        completionEntries = (CompletionEntry*)NativeMemory.AlignedAlloc(completions * (nuint)sizeof(CompletionEntry), WordBytes); // As they are: an entry is written whole before the tail says that it is there.
    }

    /// <summary>Gets the size of the submission queue.</summary>
    public uint SubmissionCapacity { get; }

    /// <summary>Gets the size of the completion queue.</summary>
    public uint CompletionCapacity { get; private set; }

    /// <summary>Gets a word that says by its bits what only an enter shows.</summary>
    public uint* Attention => Word(4);

    /// <summary>Gets a value indicating whether completions wait for room in the queue.</summary>
    public bool HasOverflow => overflow.Count != 0;

    /// <summary>Gets the number of completions that the user has not given back.</summary>
    public uint Count => *Word(3) - Volatile.Read(ref *Word(2));

    /// <summary>Gets a value indicating whether a completion would go into the queue at once.</summary>
    public bool HasRoom => overflow.Count == 0 && Count < CompletionCapacity;

    private static nuint WordBytes => 64;

    /// <summary>Lays the seam's two queues over the memory.</summary>
    public void Map(ref SubmissionRing submissions, ref CompletionRing completions)
    {
        submissions.Entries = submissionEntries;
        submissions.Capacity = SubmissionCapacity;
        submissions.Mask = SubmissionCapacity - 1;
        submissions.KernelHead = Word(0);
        submissions.KernelTail = Word(1);
        MapCompletions(ref completions);
    }

    /// <summary>Gets how many entries have been published and not taken.</summary>
    public uint Published() => Volatile.Read(ref *Word(1)) - *Word(0);

    /// <summary>Takes the oldest published entry, of which the caller knows that it is there. The slot belongs to the producer again when this returns.</summary>
    public SubmissionEntry Take()
    {
        uint head = *Word(0);
        SubmissionEntry entry = submissionEntries[head & (SubmissionCapacity - 1)];
        Volatile.Write(ref *Word(0), head + 1);
        return entry;
    }

    /// <summary>Posts a completion, into the queue or behind those that wait for room.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Post(ulong userData, int result, uint flags)
    {
        CompletionEntry entry = new() { UserData = userData, Result = result, Flags = flags };
        if (HasRoom)
        {
            Put(entry);
        }
        else
        {
            overflow.Enqueue(entry);
        }
    }

    /// <summary>Moves what waits into the queue, as far as there is room.</summary>
    public void MoveUp()
    {
        while (overflow.Count != 0 && Count < CompletionCapacity)
        {
            Put(overflow.Dequeue());
        }
    }

    /// <summary>
    /// Makes the completion queue large enough for all that waits and for so many more: the ring closes, and no enter will come that could move them up. Only for the reader's thread.
    /// </summary>
    public void Grow(int more, ref CompletionRing completions)
    {
        uint wanted = Count + (uint)overflow.Count + (uint)more;
        if (wanted > CompletionCapacity)
        {
            uint capacity = BitOperations.RoundUpToPowerOf2(wanted);
            CompletionEntry* entries = (CompletionEntry*)NativeMemory.AlignedAlloc(capacity * (nuint)sizeof(CompletionEntry), WordBytes);

            // From the released head, not the reader's own: it may still look at what it has taken and not given back.
            for (uint i = *Word(2); i != *Word(3); i++)
            {
                entries[i & (capacity - 1)] = completionEntries[i & (CompletionCapacity - 1)];
            }

            NativeMemory.AlignedFree(completionEntries);
            completionEntries = entries;
            CompletionCapacity = capacity;
            MapCompletions(ref completions);
        }

        MoveUp();
    }

    /// <summary>Frees the memory.</summary>
    public void Free()
    {
        NativeMemory.AlignedFree(words);
        NativeMemory.AlignedFree(submissionEntries);
        NativeMemory.AlignedFree(completionEntries);
        submissionEntries = null;
        completionEntries = null;
    }

    private void MapCompletions(ref CompletionRing completions)
    {
        completions.Entries = completionEntries;
        completions.Capacity = CompletionCapacity;
        completions.Mask = CompletionCapacity - 1;
        completions.KernelHead = Word(2);
        completions.KernelTail = Word(3);
    }

    private uint* Word(int index) => (uint*)((byte*)words + ((nuint)index * WordBytes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Put(in CompletionEntry entry)
    {
        uint tail = *Word(3);
        completionEntries[tail & (CompletionCapacity - 1)] = entry;
        Volatile.Write(ref *Word(3), tail + 1); // After the entry itself: whoever reads without the owner's lock sees it whole.
    }
}
