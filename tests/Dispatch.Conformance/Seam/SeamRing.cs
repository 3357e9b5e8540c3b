using System.Diagnostics;

namespace Dispatch.Conformance;

/// <summary>A kernel's ring with no loop around it: for what loops do not ask for yet, and for what they must be able to rely on.</summary>
internal sealed class SeamRing(World world, int submissionEntries = 32, int completionEntries = 64) : IDisposable
{
    private readonly KernelRing ring = world.CreateRing(new EventLoopOptions { SubmissionEntries = submissionEntries, CompletionEntries = completionEntries });

    public KernelRing Ring => ring;

    /// <summary>A NOP with this tag.</summary>
    public static SubmissionEntry Nop(ulong tag, EntryFlags flags = EntryFlags.None) => new() { Opcode = Opcode.Nop, Fd = -1, UserData = tag, Flags = flags };

    /// <summary>Writes an entry into the queue. Nothing is submitted.</summary>
    public unsafe void Stage(in SubmissionEntry entry)
    {
        SubmissionEntry* slot = ring.Submissions.TryTake();
        Assert.True(slot != null, "The submission queue is full.");
        *slot = entry;
    }

    /// <summary>Enters once without waiting.</summary>
    public int Enter() => ring.Enter(0, -1);

    /// <summary>Submits all that is staged, however often that is put off.</summary>
    public void Submit()
    {
        long start = Stopwatch.GetTimestamp();
        while (ring.Submissions.Pending != 0)
        {
            int result = ring.Enter(0, -1);
            Assert.True(result >= 0 || result is -Errno.EINTR or -Errno.EBUSY or -Errno.EAGAIN, $"An enter failed with {Errno.Name(-result)}.");
            Assert.True(Stopwatch.GetElapsedTime(start) < World.Guard, "Nothing is submitted.");
        }
    }

    /// <summary>Takes a completion if there is one.</summary>
    public bool TryTake(out CompletionEntry entry)
    {
        bool taken = ring.Completions.TryTake(out entry);
        ring.Completions.Release();
        return taken;
    }

    /// <summary>Submits what is staged and waits for one completion.</summary>
    public CompletionEntry Take()
    {
        long start = Stopwatch.GetTimestamp();
        CompletionEntry entry;
        while (!TryTake(out entry))
        {
            int result = ring.Enter(1, 1_000_000_000);
            Assert.True(result >= 0 || result is -Errno.EINTR or -Errno.ETIME or -Errno.EBUSY or -Errno.EAGAIN, $"An enter failed with {Errno.Name(-result)}.");
            Assert.True(Stopwatch.GetElapsedTime(start) < World.Guard, "No completion came.");
        }

        return entry;
    }

    /// <summary>Takes this many completions, and returns their results by tag. A tag that comes twice fails the test.</summary>
    public SortedDictionary<ulong, int> Take(int count)
    {
        SortedDictionary<ulong, int> results = [];
        for (int i = 0; i < count; i++)
        {
            CompletionEntry entry = Take();
            Assert.True(results.TryAdd(entry.UserData, entry.Result), $"Tag {entry.UserData} completed twice.");
        }

        return results;
    }

    /// <summary>Makes sure that nothing else comes: a NOP behind everything is the next thing to come.</summary>
    public void VerifyNothingMore()
    {
        for (ulong i = 0; i < 5; i++)
        {
            Stage(Nop(ulong.MaxValue - i));
            Assert.Equal(ulong.MaxValue - i, Take().UserData);
        }
    }

    public void Dispose()
    {
        ring.Close(fromOwner: true);
        ring.ReleaseMemory();
    }
}
