using System.Diagnostics;

namespace Dispatch.Tests.Kernel;

/// <summary>A ring behind the seam with no loop around it, driven by the test's own thread, which created it.</summary>
internal abstract class RingDriver<TRing>(TRing ring) : IDisposable
    where TRing : KernelRing
{
    public TRing Ring => ring;

    protected bool IsClosed { get; private set; }

    /// <summary>Writes an entry into the queue. Nothing is submitted.</summary>
    public unsafe void Stage(in SubmissionEntry entry)
    {
        SubmissionEntry* slot = ring.Submissions.TryTake();
        Assert.True(slot != null, "The submission queue is full.");
        *slot = entry;
    }

    /// <summary>Takes what is there.</summary>
    public bool TryTake(out CompletionEntry entry)
    {
        bool taken = ring.Completions.TryTake(out entry);
        ring.Completions.Release();
        return taken;
    }

    /// <summary>Submits what is staged and waits for one completion.</summary>
    public virtual CompletionEntry Take()
    {
        long start = Stopwatch.GetTimestamp();
        CompletionEntry entry;
        while (!TryTake(out entry))
        {
            int result = ring.Enter(1, (long)RawRing.Guard.TotalNanoseconds);
            Assert.True(result >= 0 || result is -Errno.EINTR or -Errno.ETIME, $"The enter failed with {Errno.Name(-result)}.");
            Assert.True(Stopwatch.GetElapsedTime(start) < RawRing.Guard, "No completion came.");
        }

        return entry;
    }

    /// <summary>Makes one request and returns its result.</summary>
    public int Do(in SubmissionEntry entry)
    {
        Stage(entry);
        return Take().Result;
    }

    /// <summary>Takes this many completions, and returns their results by tag. A tag that comes twice fails the test.</summary>
    public Dictionary<ulong, int> TakeMany(int count)
    {
        Dictionary<ulong, int> results = [];
        for (int i = 0; i < count; i++)
        {
            CompletionEntry entry = Take();
            Assert.True(results.TryAdd(entry.UserData, entry.Result), $"Tag {entry.UserData} completed twice.");
        }

        return results;
    }

    public void Close()
    {
        IsClosed = true;
        ring.Close(fromOwner: true);
    }

    public abstract void Dispose();
}
