using System.Diagnostics;

namespace Dispatch.Tests.Kernel;

/// <summary>A ring behind the seam with no loop around it, driven by the test's own thread, which created it.</summary>
internal sealed class RawRing : IDisposable
{
    /// <summary>How long a test waits for what has to come, before it says that it did not.</summary>
    public static readonly TimeSpan Guard = TimeSpan.FromSeconds(60);

    private bool closed;

    private RawRing(IoUringRing ring) => Ring = ring;

    public IoUringRing Ring { get; }

    public static RawRing Create(int submissionEntries = 32, int completionEntries = 64, int workers = 4) =>
        new(IoUringRing.Create(Options(submissionEntries, completionEntries, workers)));

    /// <summary>A ring set up at a lower step of the ladder.</summary>
    public static RawRing Create(IReadOnlyList<uint> ladder, int submissionEntries = 32, int completionEntries = 64) =>
        new(IoUringRing.Create(Options(submissionEntries, completionEntries, 4), ladder));

    public static EventLoopOptions Options(int submissionEntries, int completionEntries, int workers) =>
        new() { SubmissionEntries = submissionEntries, CompletionEntries = completionEntries, MaxKernelWorkers = workers };

    /// <summary>A NOP with this tag.</summary>
    public static SubmissionEntry Nop(ulong tag) => new() { Opcode = Opcode.Nop, Fd = -1, UserData = tag };

    /// <summary>Writes an entry into the queue. Nothing is submitted.</summary>
    public unsafe void Stage(in SubmissionEntry entry)
    {
        SubmissionEntry* slot = Ring.Submissions.TryTake();
        Assert.True(slot != null, "The submission queue is full.");
        *slot = entry;
    }

    /// <summary>Submits and lets completions appear, without waiting.</summary>
    public int Enter() => Ring.Enter(0, -1);

    /// <summary>Takes what is there.</summary>
    public bool TryTake(out CompletionEntry entry)
    {
        bool taken = Ring.Completions.TryTake(out entry);
        Ring.Completions.Release();
        return taken;
    }

    /// <summary>Submits what is staged and waits for one completion.</summary>
    public CompletionEntry Take()
    {
        long start = Stopwatch.GetTimestamp();
        CompletionEntry entry;
        while (!TryTake(out entry))
        {
            int result = Ring.Enter(1, (long)Guard.TotalNanoseconds);
            Assert.True(result >= 0 || result is -Errno.EINTR or -Errno.ETIME, $"io_uring_enter failed with {Errno.Name(-result)}.");
            Assert.True(Stopwatch.GetElapsedTime(start) < Guard, "No completion came.");
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

    /// <summary>Cancels a request by its tag and takes both answers, whichever comes first. Returns the request's result.</summary>
    public int CancelAndReap(ulong tag)
    {
        const ulong CancelTag = ulong.MaxValue;
        Stage(new SubmissionEntry { Opcode = Opcode.AsyncCancel, Fd = -1, Address = tag, UserData = CancelTag });
        int? result = null;
        bool answered = false;
        while (!answered || result is null)
        {
            CompletionEntry entry = Take();
            if (entry.UserData == CancelTag)
            {
                answered = true;
            }
            else if (entry.UserData == tag && (entry.Flags & IoUringAbi.IORING_CQE_F_MORE) == 0)
            {
                result = entry.Result;
            }
        }

        return result.Value;
    }

    public void Close()
    {
        closed = true;
        Ring.Close(fromOwner: true);
    }

    public void Dispose()
    {
        if (!closed)
        {
            Close();
        }

        // The kernel holds pages of its own while it has to write there, so a test's ring may be unmapped with requests in flight.
        Ring.ReleaseMemory();
    }
}
