using System.Runtime.CompilerServices;

namespace Dispatch;

/// <summary>
/// What was staged since the last enter: the ring's own queue, and behind it, when that is full, a queue in user memory without bound.
/// A full ring therefore never refuses a request, not even the cancel of one, and order is kept. Owner thread only.
/// </summary>
internal sealed unsafe class SubmissionQueue(KernelRing ring, LoopSignal signal)
{
    private readonly Queue<SubmissionEntry> backlog = new();

    /// <summary>How much the ring may hold before a request has to wait: nothing, while others wait already, so that order is kept.</summary>
    private uint room = RoomOf(ring);

    /// <summary>Gets a value indicating whether an enter has something to submit.</summary>
    public bool HasStaged
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => ring.Submissions.Pending != 0;
    }

    /// <summary>Gets the number of requests waiting for room in the ring.</summary>
    public int Backlog => backlog.Count;

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

    /// <summary>Moves what waits into the ring, as far as there is room. Called after every enter, which makes room.</summary>
    public void Refill()
    {
        while (backlog.Count != 0)
        {
            SubmissionEntry* slot = ring.Submissions.TryTake();
            if (slot == null)
            {
                return;
            }

            *slot = backlog.Dequeue();
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
    }

    private static uint RoomOf(KernelRing ring) => ring.WatchesStaging ? 0 : ring.Submissions.Capacity;

    private static void Fail(LoopEngine engine, in SubmissionEntry entry) =>
        engine.Delivery.Defer(new CompletionEntry { UserData = entry.UserData, Result = -Errno.ECANCELED });

    private void Queue(SubmissionEntry entry, ulong tag)
    {
        entry.UserData = tag;
        if (ring.WatchesStaging)
        {
            ring.OnStaged(entry);
            SubmissionEntry* slot = backlog.Count == 0 ? ring.Submissions.TryTake() : null;
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
