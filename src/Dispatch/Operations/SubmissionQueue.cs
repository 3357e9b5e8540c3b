using System.Runtime.CompilerServices;

namespace Dispatch;

/// <summary>
/// What was staged since the last enter: the ring's own queue, and behind it, when that is full, a queue in user memory without bound.
/// A full ring therefore never refuses a request, not even the cancel of one, and order is kept. Owner thread only.
/// </summary>
internal sealed unsafe class SubmissionQueue(KernelRing ring, LoopSignal signal)
{
    private readonly Queue<SubmissionEntry> backlog = new();

    /// <summary>How long the chains are that wait, in their order: each moves into the ring as a whole, because of one that is split over two enters the tail runs although the head failed.</summary>
    private readonly Queue<int> waitingChains = new();

    /// <summary>How much the ring may hold before a request has to wait: nothing, while others wait already, so that order is kept.</summary>
    private uint room = RoomOf(ring);

    /// <summary>Up to where the kernel had come when it last left something behind: what is before that has been looked at.</summary>
    private uint lastHead;
    private bool chainGoesToBacklog;
    private int restOfChain;

    /// <summary>Gets a value indicating whether an enter has something to submit.</summary>
    public bool HasStaged
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => ring.Submissions.Pending != 0;
    }

    /// <summary>
    /// Gets how many steps of chains are staged. An enter that is content with less lets each chain go one step: the steps behind the first one are begun as deferred task work, of which the kernel does one round and then
    /// looks whether enough has completed.
    /// </summary>
    public uint Steps { get; private set; }

    /// <summary>Gets the number of requests waiting for room in the ring.</summary>
    public int Backlog => backlog.Count;

    /// <summary>
    /// Announces that the next entries are one chain, to be staged without an enter between: where the ring has no room for all of them, all of them wait. No chain is longer than the ring; who stages it has checked that.
    /// </summary>
    public void BeginChain(int length)
    {
        ref SubmissionRing submissions = ref ring.Submissions;
        if (backlog.Count != 0 || submissions.Pending + (uint)length > submissions.Capacity)
        {
            room = 0;
            waitingChains.Enqueue(length);
            chainGoesToBacklog = true;
        }
        else
        {
            Steps += (uint)length;
        }
    }

    /// <summary>The chain has been staged.</summary>
    public void EndChain() => chainGoesToBacklog = false;

    /// <summary>An enter takes along what is staged.</summary>
    public void OnEnter() => Steps = 0;

    /// <summary>Stages one entry under a tag.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Stage(in SubmissionEntry entry, ulong tag)
    {
        signal.IsRaised = true;
        ref SubmissionRing submissions = ref ring.Submissions;
        if (submissions.Pending < room)
        {
            SubmissionEntry* slot = submissions.Take();
            *slot = entry;
            slot->UserData = tag;
        }
        else
        {
            Queue(entry, tag);
        }
    }

    /// <summary>
    /// Called after an enter that left entries behind. A kernel that had no memory for the next request may have stopped inside a chain: the first part of it runs as a chain of its own, and the rest must not be taken for a new one. It is
    /// answered here as cancelled, and silent requests that do nothing take its places.
    /// </summary>
    public void EndCutChain(LoopEngine engine)
    {
        ref SubmissionRing submissions = ref ring.Submissions;
        uint head = submissions.Tail - submissions.Pending;
        bool linked = lastHead != head && IsLinked(submissions.Entries[(head - 1) & submissions.Mask]);
        for (uint i = head; linked && i != submissions.Tail; i++)
        {
            ref SubmissionEntry entry = ref submissions.Entries[i & submissions.Mask];
            linked = IsLinked(entry);
            Fail(engine, entry);
            entry = new SubmissionEntry { Opcode = Opcode.Nop, Fd = -1, UserData = Tags.Silent };
        }

        lastHead = head;
    }

    /// <summary>Moves what waits into the ring, as far as there is room. Called after every enter, which makes room.</summary>
    public void Refill()
    {
        while (backlog.TryPeek(out SubmissionEntry next))
        {
            if (restOfChain == 0)
            {
                // Inside a chain there is room, because it was looked for at its head.
                int length = IsLinked(next) ? waitingChains.Peek() : 1;
                if (ring.Submissions.Pending + (uint)length > ring.Submissions.Capacity)
                {
                    return;
                }

                restOfChain = length;
                if (length != 1)
                {
                    Steps += (uint)waitingChains.Dequeue();
                }
            }

            restOfChain--;
            *ring.Submissions.Take() = backlog.Dequeue();
        }

        room = RoomOf(ring);
    }

    /// <summary>Answers everything that never reached the kernel, because nobody can submit it any more. Owner, or who stands in for a dead one.</summary>
    public void FailUnsubmitted(LoopEngine engine)
    {
        ref SubmissionRing submissions = ref ring.Submissions;
        uint first = submissions.Tail - submissions.Pending;
        for (uint i = first; i != submissions.Tail; i++)
        {
            Fail(engine, submissions.Entries[i & submissions.Mask]);
        }

        submissions.Tail = first; // Taken back, so that a second call answers only what was staged since.
        while (backlog.TryDequeue(out SubmissionEntry entry))
        {
            Fail(engine, entry);
        }

        waitingChains.Clear();
    }

    private static uint RoomOf(KernelRing ring) => ring.WatchesStaging ? 0 : ring.Submissions.Capacity;

    private static bool IsLinked(in SubmissionEntry entry) => (entry.Flags & (EntryFlags.Link | EntryFlags.HardLink)) != 0;

    private static void Fail(LoopEngine engine, in SubmissionEntry entry) =>
        engine.Delivery.Defer(new CompletionEntry { UserData = entry.UserData, Result = -Errno.ECANCELED });

    private void Queue(SubmissionEntry entry, ulong tag)
    {
        entry.UserData = tag;
        if (ring.WatchesStaging)
        {
            ring.OnStaged(entry);
            SubmissionEntry* slot = backlog.Count == 0 && !chainGoesToBacklog ? ring.Submissions.TryTake() : null;
            if (slot != null)
            {
                *slot = entry;
                return;
            }
        }

        room = 0;
        backlog.Enqueue(entry);
    }
}
